import SystemCalls

/// A directory for one test, removed when the test is done with it.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        var number: UInt64 = 0
        try withUnsafeMutableBytes(of: &number) { try Randomness.fill($0) }
        path = "\(Self.base)/martlet-test-\(String(number, radix: 16))"
        try Files.makeDirectory(path, mode: 0o755)
    }

    /// In memory where that has all a test looks at: making and removing thousands of files there takes no time, while
    /// ext4 slows down with each one removed before.
    private static let base: String = {
        let probe = "/dev/shm/martlet-test-probe-\(Processes.current)"
        guard let file = try? Files.open(probe, flags: [.writeOnly, .create, .exclusive], mode: 0o600) else {
            return "/tmp"
        }
        defer { try? Files.unlink(probe) }
        let value: [UInt8] = [1]
        let isSet: Void? = try? value.withUnsafeBytes {
            try OwnershipCalls.setAttribute(of: file.rawValue, "user.probe", to: $0)
        }
        return isSet == nil ? "/tmp" : "/dev/shm"
    }()

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
