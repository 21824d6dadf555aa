import ProbeRunner
import SystemCalls
import Testing

@testable import Sandbox

@Suite struct RootFilesystemTests {
    private func image() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.write("root/etc/config", "shared")
        try directory.write("root/bin/tool", "tool", mode: 0o755)
        _ = try directory.makeDirectory("container")
        return directory
    }

    private func text(_ path: String, in root: Int32) throws -> String {
        let file = try Files.open(path, in: root, flags: .readOnly, resolve: .inRoot)
        return String(decoding: try Files.readAll(file.rawValue, limit: 100), as: UTF8.self)
    }

    private func write(_ path: String, _ text: String, in root: Int32) throws {
        let file = try Files.open(
            path, in: root, flags: [.writeOnly, .create, .truncate], mode: 0o644, resolve: .inRoot)
        try Files.writeAll(file.rawValue, Array(text.utf8))
    }

    @Test(.enabled(if: Machine.isRoot), arguments: [true, false])
    func whatAContainerWritesNeverReachesTheSharedRoot(_ inMemory: Bool) throws {
        let directory = try image()
        let container = "\(directory.path)/container"
        let mounts = try Files.contents(of: "/proc/self/mountinfo", limit: 1 << 20)
        let root = try RootFilesystem.open(
            shared: "\(directory.path)/root",
            writable: inMemory ? .memory(limit: 1 << 20, fallback: container) : .directory(container))
        #expect(root.form == .overlay)
        let number = root.descriptor.rawValue
        #expect(try text("etc/config", in: number) == "shared")
        try write("etc/config", "changed", in: number)
        try write("new", "new", in: number)
        try Files.unlink("bin/tool", in: number)
        #expect(try text("etc/config", in: number) == "changed")
        #expect(try directory.read("root/etc/config") == "shared")
        #expect(directory.exists("root/bin/tool") && !directory.exists("root/new"))
        // Mounted nowhere: nobody else can see it, and nothing has to be unmounted.
        #expect(try Files.contents(of: "/proc/self/mountinfo", limit: 1 << 20) == mounts)
        if inMemory { #expect(try TreeCalls.names(in: Files.open(container, flags: .directory).release()).isEmpty) }
    }

    @Test(.enabled(if: Machine.isRoot))
    func memoryIsBounded() throws {
        let directory = try image()
        let root = try RootFilesystem.open(
            shared: "\(directory.path)/root", writable: .memory(limit: 1 << 20, fallback: "/nowhere"))
        let number = root.descriptor.rawValue
        #expect(throws: SystemCallError.self) {
            let file = try Files.open("big", in: number, flags: [.writeOnly, .create], mode: 0o600)
            for _ in 0..<20 { try Files.writeAll(file.rawValue, [UInt8](repeating: 1, count: 1 << 17)) }
        }
    }

    @Test(.enabled(if: Machine.isRoot))
    func entriesInMemoryAreBounded() throws {
        let directory = try image()
        let root = try RootFilesystem.open(
            shared: "\(directory.path)/root", writable: .memory(limit: 1 << 20, fallback: "/nowhere"))
        let number = root.descriptor.rawValue
        let made = (0...OverlayMount.memoryEntries).prefix {
            (try? Files.makeDirectory("d\($0)", in: number, mode: 0o700)) != nil
        }
        #expect(made.count < OverlayMount.memoryEntries)
    }

    @Test(.enabled(if: Machine.isRoot))
    func aSandboxedGuestWritesItsOverlay() throws {
        // Rules by descriptor hold on a mount that no path leads to.
        let directory = try image()
        let root = try RootFilesystem.open(
            shared: "\(directory.path)/root", writable: .memory(limit: 1 << 20, fallback: "/nowhere"))
        let process = try ChildProgram.run(
            try Probe.path(),
            arguments: ["probe", "files", "rw=/proc/\(Processes.current)/fd/\(root.descriptor.rawValue)"],
            environment: [], input: .bytes([]), outputLimit: 1000, timeout: .seconds(20))
        let text = String(decoding: process.output, as: UTF8.self)
        // The image's two directories are there too.
        #expect(text == "list: invalid argument (EINVAL)\ndone\n", "\(text)")
    }

    @Test func aReadOnlyRootIsTheSharedOne() throws {
        let directory = try image()
        let root = try RootFilesystem.open(shared: "\(directory.path)/root", writable: .none)
        #expect(root.form == .shared)
        #expect(try text("etc/config", in: root.descriptor.rawValue) == "shared")
    }

    @Test func aMissingRootIsNamed() {
        #expect(throws: RootFilesystemError.self) {
            _ = try RootFilesystem.open(shared: "/nonexistent/root", writable: .none).take().release()
        }
    }

    @Test func aCopyHasTheSameFilesLinksAndModes() throws {
        let directory = try image()
        let root = "\(directory.path)/root"
        try FileCalls.link("\(root)/bin/tool", in: -100, to: "\(root)/bin/other", in: -100)
        try FileCalls.symbolicLink(to: "/etc/config", at: "\(root)/link", in: -100)
        try OwnershipCalls.makeNode(.pipe, "\(root)/pipe", in: -100)
        let source = try Files.open(root, flags: [.readOnly, .directory])
        let parent = try Files.open("\(directory.path)/container", flags: [.readOnly, .directory])
        let copy = try TreeCopy.copy(source.rawValue, to: "root", in: parent.rawValue, limits: .standard)
        #expect(try text("link", in: copy.rawValue) == "shared")
        let tool = try FileStatus.of("bin/tool", in: copy.rawValue)
        let original = try FileStatus.of("\(root)/bin/tool")
        #expect(tool.permissions == original.permissions && tool.links == 2)
        #expect(try FileStatus.of("bin/other", in: copy.rawValue).inode == tool.inode)
        #expect(tool.inode != original.inode)
        #expect(throws: SystemCallError.self) { try FileStatus.of("pipe", in: copy.rawValue) }
    }

    @Test(arguments: [
        TreeCopy.Limits(entries: 3, bytes: 1 << 20, depth: 10), TreeCopy.Limits(entries: 100, bytes: 8, depth: 10),
        TreeCopy.Limits(entries: 100, bytes: 1 << 20, depth: 1),
    ])
    func aCopyBeyondALimitIsAnErrorAndLeavesNothing(_ limits: TreeCopy.Limits) throws {
        let directory = try image()
        let source = try Files.open("\(directory.path)/root", flags: [.readOnly, .directory])
        let parent = try Files.open("\(directory.path)/container", flags: [.readOnly, .directory])
        let from = source.rawValue
        let into = parent.rawValue
        #expect(throws: RootFilesystemError.self) {
            _ = try TreeCopy.copy(from, to: "root", in: into, limits: limits).release()
        }
        #expect(!directory.exists("container/root"))
    }
}
