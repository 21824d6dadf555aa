import JSON
import SystemCalls

/// The built `martlet-prepare`, run as `martlet` runs it, with a store of its own in a folder that goes with the test.
struct Program: ~Copyable {
    let folder: String
    var store: String { "\(folder)/store" }

    struct Result {
        let status: Int32
        let output: String
        let errors: String

        /// The lines of the output.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    init() throws {
        folder = "/tmp/martlet-prepare-tests-\(Processes.current)-\(UInt64.random(in: 0 ... .max))"
        try Files.makeDirectory(folder, mode: 0o700)
    }

    deinit { try? TreeRemoval.remove(folder) }

    /// The program beside this test's own.
    static func path() throws -> String {
        let own = try Files.target(ofLink: "/proc/self/exe")
        return own[..<(own.lastIndex(of: "/") ?? own.startIndex)] + "/martlet-prepare"
    }

    @discardableResult
    func run(
        _ arguments: String..., store: String? = nil, input: ChildProgram.Input = .bytes([])
    ) throws -> Result {
        try Self.run(arguments + ["--root", store ?? self.store], errors: "\(folder)/errors", input: input)
    }

    static func run(_ arguments: [String], errors: String, input: ChildProgram.Input = .bytes([])) throws -> Result {
        let outcome = try ChildProgram.run(
            "/bin/sh",
            arguments: ["sh", "-c", #"errors=$1; shift; exec "$@" 2>"$errors""#, "sh", errors, path()] + arguments,
            environment: ["PATH=/usr/bin:/bin", "HOME=/nonexistent"], input: input, outputLimit: 1 << 20,
            timeout: .seconds(60))
        guard case .exited(let exit) = outcome.end else { throw SystemCallError("wait", "\(outcome.end)", .timedOut) }
        return Result(
            status: exit.shellStatus, output: String(decoding: outcome.output, as: UTF8.self),
            errors: String(decoding: try Files.contents(of: errors, limit: 1 << 20), as: UTF8.self))
    }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(folder)/\(name)"
        let file = try Files.open(path, flags: [.writeOnly, .create, .truncate], mode: 0o644)
        try Files.writeAll(file.rawValue, bytes)
        return path
    }

    func hello(_ name: String = "hello.wat") throws -> String { try write(name, Array(Self.helloText.utf8)) }

    static let helloText = """
        (module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1) (data (i32.const 16) "hello\\n")
          (func (export "_start") (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 6))
            (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
        """

    /// Changes a byte of a store's largest blob and returns its digest.
    func damageLargestBlob(of store: String) throws -> String {
        let directory = "\(store)/blobs/sha256"
        let sizes = try names(in: directory).map { ($0, try FileStatus.of("\(directory)/\($0)").size) }
        let name = sizes.max { $0.1 < $1.1 }?.0 ?? ""
        var bytes = try Files.contents(of: "\(directory)/\(name)", limit: 1 << 20)
        bytes[bytes.count / 2] ^= 0xFF
        let file = try Files.open("\(directory)/\(name)", flags: [.writeOnly, .truncate])
        try Files.writeAll(file.rawValue, bytes)
        return "sha256:\(name)"
    }

    func names(in path: String) -> [String] { (try? Files.names(inDirectory: path, limit: 1000))?.sorted() ?? [] }
}
