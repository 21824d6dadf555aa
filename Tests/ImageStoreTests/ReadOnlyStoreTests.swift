import ImageStore
import OCISpec
import SystemCalls
import Testing

@Suite("Stores that can only be read")
struct ReadOnlyStoreTests {
    @Test("a root is leased through a lock file that can only be read", .enabled(if: Processes.effectiveUser != 0))
    func readOnlyLock() throws {
        let fixture = try StoreFixture()
        let image = try fixture.addLayered("a", names: ["a"])
        guard case .layers(let chainID, _) = image.form else { throw StoreError.notFound("layers") }
        try fixture.store.session().beginRoot(chainID)?.commit()
        // Made anew, with a mode that lets its owner read it only.
        let lock = "\(fixture.path)/locks/\(chainID.hex)"
        try Files.unlink(lock)
        _ = try Files.open(lock, flags: [.readOnly, .create, .exclusive], mode: 0o400)
        #expect(try fixture.store.leaseRoot(chainID) != nil)
    }

    @Test(
        "a root on a read-only file system is leased, with its lock file and without",
        .enabled(if: ReadOnlyMount.isPossible, "needs the right to mount"))
    func readOnlyFileSystem() throws {
        let fixture = try StoreFixture()
        let image = try fixture.addLayered("a", names: ["a"])
        guard case .layers(let chainID, _) = image.form else { throw StoreError.notFound("layers") }
        try fixture.store.session().beginRoot(chainID)?.commit()
        for hasLockFile in [true, false] {
            if !hasLockFile { try Files.unlink("\(fixture.path)/locks/\(chainID.hex)") }
            let mount = ReadOnlyMount(fixture.path)
            defer { mount.end() }
            #expect(throws: SystemCallError.self) { try Files.makeDirectory("\(mount.path)/x", mode: 0o700) }
            let store = try #require(try ImageStore.existing(root: mount.path))
            let path = try store.leaseRoot(chainID)?.path
            #expect(path == "\(fixture.path)/roots/\(chainID.hex)/fs")
        }
    }
}

/// A directory that is mounted read-only over itself until `end`.
private struct ReadOnlyMount {
    let path: String

    init(_ path: String) {
        self.path = path
        _ = Self.call("mount", "--bind", path, path)
        _ = Self.call("mount", "-o", "remount,bind,ro", path)
    }

    func end() { _ = Self.call("umount", path) }

    /// Tried out, since root of a container may or may not.
    static let isPossible: Bool = {
        let path = "/tmp/martlet-mount-\(Processes.current)"
        guard Processes.effectiveUser == 0, (try? Files.makeDirectory(path, mode: 0o700)) != nil else { return false }
        defer { try? TreeRemoval.remove(path) }
        return call("mount", "--bind", path, path) && call("umount", path)
    }()

    private static func call(_ program: String, _ arguments: String...) -> Bool {
        let outcome = try? ChildProgram.run(
            "/bin/\(program)", arguments: [program] + arguments, environment: ["PATH=/usr/bin:/bin"], input: .bytes([]),
            outputLimit: 1 << 16, timeout: .seconds(10))
        guard case .exited(let exit)? = outcome?.end else { return false }
        return exit.shellStatus == 0
    }
}
