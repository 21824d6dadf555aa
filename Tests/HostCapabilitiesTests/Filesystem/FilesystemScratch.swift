import HostCapabilities
import Synchronization
import SystemCalls

/// A directory of its own for one test, with a secret beside it that nothing inside may reach; removed at the end.
final class FilesystemScratch: Sendable {
    private static let counter = Atomic<Int>(0)

    /// Holds `inside`, `outside/secret` and what the test makes.
    let path: String
    /// What the test hands to the code under test.
    var inside: String { path + "/inside" }

    init() throws {
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        path = "/tmp/martlet-filesystem-\(Processes.current)-\(number)"
        try Files.makeDirectory(path, mode: 0o700)
        try Files.makeDirectory(path + "/inside", mode: 0o755)
        try Files.makeDirectory(path + "/outside", mode: 0o755)
        try write("secret", at: "/outside/secret")
    }

    deinit { try? TreeRemoval.remove(path) }

    func directory(
        _ access: OpenDirectory.Access = .readWrite, _ confinement: OpenDirectory.Confinement = .beneath
    ) throws -> OpenDirectory {
        OpenDirectory(
            adopting: try Files.open(inside, flags: [.directory]), access: access, confinement: confinement)
    }

    /// Makes a file at a path below the scratch directory.
    func write(_ text: String, at name: String) throws {
        let file = try Files.open(path + name, flags: [.writeOnly, .create, .truncate], mode: 0o644)
        try Files.writeAll(file.rawValue, Array(text.utf8))
    }

    func makeDirectory(_ name: String) throws { try Files.makeDirectory(path + name, mode: 0o755) }

    func makeLink(_ name: String, to target: String) throws {
        try FileCalls.symbolicLink(to: target, at: path + name, in: Files.currentDirectory)
    }

    func contents(_ name: String) throws -> String {
        String(decoding: try Files.contents(of: path + name, limit: 1 << 20), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool { (try? FileStatus.of(path + name)) != nil }
}

/// Lends a path given as a string.
func withPath<R>(_ path: String, _ body: (borrowing SandboxPath) throws(Errno) -> R) throws(Errno) -> R {
    let bytes = ContiguousArray(path.utf8)
    return try withUnsafeTemporaryAllocation(byteCount: max(1, bytes.count), alignment: 1) { (copy) throws(Errno) in
        copy.copyBytes(from: bytes)
        return try SandboxPath.with(UnsafeRawBufferPointer(rebasing: copy.prefix(bytes.count)), body)
    }
}

extension OpenDirectory {
    func open(_ path: String, _ request: OpenRequest = [.read, .followLinks]) throws(Errno) -> OpenedNode {
        try withPath(path) { (path) throws(Errno) in try open(path, request) }
    }

    /// Opens a file, or fails the test's expectation by throwing `isDirectory`.
    func file(_ path: String, _ request: OpenRequest = [.read, .followLinks]) throws(Errno) -> OpenFile {
        guard case .file(let file) = try open(path, request) else { throw .isDirectory }
        return file
    }

    func subdirectory(_ path: String) throws(Errno) -> OpenDirectory {
        guard case .directory(let directory) = try open(path) else { throw .notDirectory }
        return directory
    }

    func read(_ path: String) throws -> String {
        let file = try file(path)
        return String(decoding: try Files.readAll(file.descriptor.rawValue, limit: 1 << 20), as: UTF8.self)
    }

    func kind(_ path: String, followLinks: Bool = false) throws(Errno) -> FileStatus.Kind {
        try withPath(path) { (path) throws(Errno) in try status(of: path, followLinks: followLinks).kind }
    }

    func link(_ old: String, to other: OpenDirectory, _ new: String) throws(Errno) {
        try withPath(old) { (old) throws(Errno) in
            try withPath(new) { (new) throws(Errno) in try link(old, to: other, new) }
        }
    }

    func rename(_ old: String, to other: OpenDirectory, _ new: String) throws(Errno) {
        try withPath(old) { (old) throws(Errno) in
            try withPath(new) { (new) throws(Errno) in try rename(old, to: other, new) }
        }
    }

    func makeLink(_ path: String, to target: String) throws(Errno) {
        let bytes = ContiguousArray(target.utf8)
        try withPath(path) { (path) throws(Errno) in
            try withUnsafeTemporaryAllocation(byteCount: max(1, bytes.count), alignment: 1) { (copy) throws(Errno) in
                copy.copyBytes(from: bytes)
                try makeLink(path, to: UnsafeRawBufferPointer(rebasing: copy.prefix(bytes.count)))
            }
        }
    }

    func readLink(_ path: String, room: Int = 4096) throws(Errno) -> String {
        try withPath(path) { (path) throws(Errno) in
            try withUnsafeTemporaryAllocation(byteCount: max(1, room), alignment: 1) { (buffer) throws(Errno) in
                let target = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(room))
                let count = try readLink(path, into: target)
                return String(decoding: target.prefix(count), as: UTF8.self)
            }
        }
    }
}
