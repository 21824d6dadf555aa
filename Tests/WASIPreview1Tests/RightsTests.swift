import HostCapabilities
import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite("Rights")
struct RightsTests {
    /// A call, the right that it needs, and whether it is on a file (4) or a directory (5).
    struct Use: Sendable, CustomTestStringConvertible {
        let name: String
        let right: Preview1Rights
        let arguments: @Sendable (Guest, _ file: Int, _ directory: Int) -> [Int]
        var testDescription: String { "\(name) needs \(right.rawValue)" }

        init(
            _ name: String, _ right: Preview1Rights, _ arguments: @escaping @Sendable (Guest, Int, Int) -> [Int]
        ) {
            self.name = name
            self.right = right
            self.arguments = arguments
        }
    }

    static let uses: [Use] = [
        Use("fd_datasync", .fdDatasync) { _, file, _ in [file] },
        Use("fd_sync", .fdSync) { _, file, _ in [file] },
        Use("fd_read", .fdRead) { _, file, _ in [file, 100, 1, 200] },
        Use("fd_pread", .fdRead) { _, file, _ in [file, 100, 1, 0, 200] },
        Use("fd_pread", .fdSeek) { _, file, _ in [file, 100, 1, 0, 200] },
        Use("fd_write", .fdWrite) { _, file, _ in [file, 100, 1, 200] },
        Use("fd_pwrite", .fdWrite) { _, file, _ in [file, 100, 1, 0, 200] },
        Use("fd_pwrite", .fdSeek) { _, file, _ in [file, 100, 1, 0, 200] },
        Use("fd_seek", .fdSeek) { _, file, _ in [file, 1, 0, 200] },
        Use("fd_tell", [.fdTell, .fdSeek]) { _, file, _ in [file, 200] },
        Use("fd_fdstat_set_flags", .fdFdstatSetFlags) { _, file, _ in [file, 1] },
        Use("fd_advise", .fdAdvise) { _, file, _ in [file, 0, 0, 0] },
        Use("fd_allocate", .fdAllocate) { _, file, _ in [file, 0, 10] },
        Use("fd_filestat_get", .fdFilestatGet) { _, file, _ in [file, 200] },
        Use("fd_filestat_set_size", .fdFilestatSetSize) { _, file, _ in [file, 10] },
        Use("fd_filestat_set_times", .fdFilestatSetTimes) { _, file, _ in [file, 0, 0, 10] },
        Use("fd_filestat_get", .fdFilestatGet) { _, _, directory in [directory, 200] },
        Use("fd_filestat_set_times", .fdFilestatSetTimes) { _, _, directory in [directory, 0, 0, 10] },
        Use("fd_readdir", .fdReaddir) { _, _, directory in [directory, 5000, 100, 0, 200] },
        Use("path_create_directory", .pathCreateDirectory) { guest, _, directory in [directory] + guest.string("new") },
        Use("path_filestat_get", .pathFilestatGet) { guest, _, directory in
            [directory, 0] + guest.string("f") + [200]
        },
        Use("path_filestat_set_times", .pathFilestatSetTimes) { guest, _, directory in
            [directory, 0] + guest.string("f") + [0, 0, 10]
        },
        Use("path_link", .pathLinkSource) { guest, _, directory in
            [directory, 0] + guest.string("f") + [3] + guest.string("link")
        },
        Use("path_link", .pathLinkTarget) { guest, _, directory in
            [3, 0] + guest.string("f") + [directory] + guest.string("link")
        },
        Use("path_rename", .pathRenameSource) { guest, _, directory in
            [directory] + guest.string("f") + [3] + guest.string("moved")
        },
        Use("path_rename", .pathRenameTarget) { guest, _, directory in
            [3] + guest.string("f") + [directory] + guest.string("moved")
        },
        Use("path_open", .pathOpen) { guest, _, directory in
            [directory, 0] + guest.string("f") + [0, 2, 0, 0, 200]
        },
        Use("path_open", .pathCreateFile) { guest, _, directory in
            [directory, 0] + guest.string("created") + [1, 2, 0, 0, 200]
        },
        Use("path_open", .pathFilestatSetSize) { guest, _, directory in
            [directory, 0] + guest.string("f") + [8, 2, 0, 0, 200]
        },
        Use("path_readlink", .pathReadlink) { guest, _, directory in [directory] + guest.string("l") + [5000, 9, 200] },
        Use("path_remove_directory", .pathRemoveDirectory) { guest, _, directory in [directory] + guest.string("empty")
        },
        Use("path_symlink", .pathSymlink) { guest, _, directory in
            guest.string("f") + [directory] + guest.string("link")
        },
        Use("path_unlink_file", .pathUnlinkFile) { guest, _, directory in [directory] + guest.string("f") },
    ]

    private func call(_ use: Use, rights: Preview1Rights) throws -> Preview1Errno {
        let files = try GuestFiles()
        try files.write("0123456789abcdef", "f")
        try Files.makeDirectory(files.path + "/empty", mode: 0o755)
        try FileCalls.symbolicLink(to: "f", at: files.path + "/l", in: Files.currentDirectory)
        let guest = try files.guest()
        let file = try guest.opened("f")
        let directory = try guest.opened(".", oflags: 2, rights: .directory)
        for number in [file, directory] {
            let state = try guest.state(number)
            _ = try guest.call(
                "fd_fdstat_set_rights", number, Int(state.base.intersection(rights).rawValue),
                Int(state.inheriting.rawValue))
        }
        guest.vectors([(2000, 3)], at: 100)
        return try guest.call(use.name, use.arguments(guest, file, directory))
    }

    @Test("of each kind are needed by the calls that use them, and by those alone", arguments: uses)
    func matrix(use: Use) throws {
        #expect(try call(use, rights: .all) == .success)
        #expect(try call(use, rights: .all.subtracting(use.right)) == .notcapable)
    }

    @Test("of a new descriptor are those asked for that its directory passes on")
    func inherited() throws {
        let files = try GuestFiles()
        try files.write("text", "f")
        let guest = try files.guest()
        let directory = try guest.opened(".", oflags: 2, rights: .directory, inheriting: [.fdRead, .fdSeek])
        let file = try guest.opened("f", in: directory)
        #expect(try guest.state(file).base == [.fdRead, .fdSeek])
        #expect(try guest.readText(file) == "text")
        #expect(try guest.writeText(file, "x") == .notcapable)
        // What was opened without the right to write can't be written by the kernel either.
        let host = try guest.context.descriptors.slot(UInt32(file)).resource.hostDescriptor
        #expect(throws: Errno.badDescriptor) { try TransferCalls.writeOneByte(host) }
        // Rights that can't be used: flags that need what isn't passed on.
        #expect(try guest.open("f", in: directory, flags: 2).errno == .notcapable)
        #expect(try guest.open("f", in: directory, flags: 16).errno == .notcapable)
    }

    @Test("aren't gained by a link or a move into a directory that allows more")
    func amplified() throws {
        let files = try GuestFiles()
        try files.write("text", "f")
        let guest = try files.guest()
        let narrow = try guest.opened(".", oflags: 2, rights: .directory, inheriting: .fdRead)
        for name in ["path_link", "path_rename"] {
            let flags = name == "path_link" ? [0] : []
            let widened = [narrow] + flags + guest.string("f") + [3] + guest.string("g")
            #expect(try guest.call(name, widened) == .notcapable)
            let narrowed = [3] + flags + guest.string("f") + [narrow] + guest.string("g-\(name)")
            #expect(try guest.call(name, narrowed) == .success)
        }
    }

    @Test("that preview 1 doesn't know, or that don't fit the kind, are never granted")
    func unknown() throws {
        let files = try GuestFiles()
        try files.write("", "f")
        let guest = try files.guest()
        let everything = Preview1Rights(rawValue: .max)
        let file = try guest.opened("f", rights: everything, inheriting: everything)
        #expect(try guest.state(file).base == .file)
        let directory = try guest.opened(
            ".", oflags: 2, rights: everything.subtracting(.fdWrite), inheriting: everything)
        #expect(try guest.state(directory).base == .directory)
        #expect(try guest.state(directory).inheriting == Preview1Rights.directory.union(.file))
    }
}

extension TransferCalls {
    /// Writes a byte, to see whether the kernel lets it.
    fileprivate static func writeOneByte(_ descriptor: Int32) throws(Errno) {
        try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { (byte) throws(Errno) in
            byte[0] = 0
            let vector = IOVector(byte)
            try withUnsafeTemporaryAllocation(of: IOVector.self, capacity: 1) { (vectors) throws(Errno) in
                vectors.initialize(repeating: vector)
                _ = try write(descriptor, UnsafeBufferPointer(vectors))
            }
        }
    }
}
