import SystemCalls

/// A directory for one test, removed when the test is done with it.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        var number: UInt64 = 0
        try withUnsafeMutableBytes(of: &number) { try Randomness.fill($0) }
        path = "/tmp/martlet-test-\(String(number, radix: 16))"
        try Files.makeDirectory(path, mode: 0o755)
    }

    deinit { try? TreeRemoval.remove(path) }

    public func open(_ name: String = ".") throws -> OwnedDescriptor {
        try Files.open("\(path)/\(name)", flags: [.readOnly, .directory])
    }

    public func makeDirectory(_ name: String) throws { try Files.makeDirectory("\(path)/\(name)", mode: 0o755) }

    public func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = try Files.open("\(path)/\(name)", flags: [.writeOnly, .create, .truncate], mode: 0o644)
        try Files.writeAll(file.rawValue, bytes)
    }

    public func read(_ name: String) throws -> [UInt8] { try Files.contents(of: "\(path)/\(name)", limit: 1 << 30) }

    public func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }

    public func status(_ name: String) throws -> FileStatus { try FileStatus.of("\(path)/\(name)") }

    public func exists(_ name: String) -> Bool { (try? status(name)) != nil }
}
