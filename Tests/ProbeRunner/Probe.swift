import SystemCalls

/// Runs `ConfinementProbe`, which the package builds beside the tests.
public enum Probe {
    public struct Report: Sendable {
        public let end: ChildProgram.Outcome.End
        public let text: String

        public var lines: [String] { text.split(separator: "\n").map(String.init) }

        /// The value of the line `name=value`.
        public func value(_ name: String) -> String? {
            lines.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
        }
    }

    public static func path() throws -> String {
        let own = try Files.target(ofLink: "/proc/self/exe")
        return own[..<(own.lastIndex(of: "/") ?? own.endIndex)] + "/ConfinementProbe"
    }

    public static func run(_ arguments: [String], input: String = "") throws -> Report {
        let outcome = try ChildProgram.run(
            try path(), arguments: ["probe"] + arguments, environment: [], input: .bytes(Array(input.utf8)),
            outputLimit: 1 << 20,
            timeout: .seconds(60))
        return Report(end: outcome.end, text: String(decoding: outcome.output, as: UTF8.self))
    }

    public static func run(_ arguments: String..., input: String = "") throws -> Report {
        try run(arguments, input: input)
    }
}

/// A directory that is removed with its owner.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        var bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
        try bytes.withUnsafeMutableBytes { try Randomness.fill($0) }
        path = "/tmp/martlet-test-" + bytes.map { String($0, radix: 16) }.joined()
        try Files.makeDirectory(path, mode: 0o700)
    }

    deinit { try? TreeRemoval.remove(path) }

    /// Writes a file, with the directories on the way.
    @discardableResult
    public func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws -> String {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            try? Files.makeDirectory(folder, mode: 0o755)
        }
        let file = try Files.open("\(path)/\(name)", flags: [.writeOnly, .create, .truncate], mode: mode)
        try Files.writeAll(file.rawValue, Array(text.utf8))
        return "\(path)/\(name)"
    }

    public func makeDirectory(_ name: String) throws -> String {
        try Files.makeDirectory("\(path)/\(name)", mode: 0o755)
        return "\(path)/\(name)"
    }

    public func read(_ name: String) throws -> String {
        String(decoding: try Files.contents(of: "\(path)/\(name)", limit: 1 << 24), as: UTF8.self)
    }

    public func exists(_ name: String) -> Bool { (try? FileStatus.of("\(path)/\(name)")) != nil }
}

/// What this machine and user can do.
public enum Machine {
    public static var isRoot: Bool { Processes.effectiveUser == 0 }
}

/// Waits until something is so, at most ten seconds.
public func eventually(_ condition: () throws -> Bool) throws -> Bool {
    for _ in 0..<1000 {
        if try condition() { return true }
        var nothing: [PollRequest] = []
        _ = try Poll.wait(&nothing, timeout: 10_000_000)
    }
    return false
}
