import HostCapabilities
import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite("Functions on paths")
struct PathTests {
    @Test("make, describe, move, link, read and remove")
    func everyday() throws {
        let files = try GuestFiles()
        let guest = try files.guest()
        #expect(try guest.call("path_create_directory", [3] + guest.string("d")) == .success)
        #expect(try guest.call("path_create_directory", [3] + guest.string("d")) == .exist)
        try files.write("text", "d/f")
        #expect(try guest.call("path_filestat_get", [3, 0] + guest.string("d/f") + [100]) == .success)
        #expect(guest.u64(132) == 4)
        #expect(try guest.call("path_link", [3, 0] + guest.string("d/f") + [3] + guest.string("g")) == .success)
        #expect(try guest.call("path_rename", [3] + guest.string("d/f") + [3] + guest.string("h")) == .success)
        #expect(try files.contents("g") == "text")
        #expect(try files.contents("h") == "text")
        #expect(try guest.call("path_symlink", guest.string("h") + [3] + guest.string("l")) == .success)
        #expect(try guest.call("path_readlink", [3] + guest.string("l") + [5000, 10, 100]) == .success)
        #expect(guest.u32(100) == 1 && guest.text(5000, 1) == "h")
        #expect(try guest.call("path_unlink_file", [3] + guest.string("l")) == .success)
        #expect(try guest.call("path_unlink_file", [3] + guest.string("d")) == .isdir)
        #expect(try guest.call("path_remove_directory", [3] + guest.string("h")) == .notdir)
        #expect(try guest.call("path_remove_directory", [3] + guest.string("d")) == .success)
        #expect(!files.exists("d") && !files.exists("l"))
    }

    @Test("cut a link's target off where the buffer ends, and write nothing beside it")
    func readLink() throws {
        let files = try GuestFiles()
        try FileCalls.symbolicLink(to: "0123456789", at: files.path + "/l", in: Files.currentDirectory)
        let guest = try files.guest()
        let path = guest.string("l")
        guest.fill()
        guest.write(Array("l".utf8), path[0])
        #expect(try guest.call("path_readlink", [3] + path + [5000, 4, 100]) == .success)
        #expect(guest.u32(100) == 4 && guest.text(5000, 4) == "0123")
        #expect(guest.isUntouched(except: path[0]..<(path[0] + 1), 100..<104, 5000..<5004))
        #expect(try guest.call("path_readlink", [3] + path + [5000, 0, 100]) == .success)
        #expect(guest.u32(100) == 0)
    }

    @Test("set times of a link or of what it leads to, and refuse contradicting flags")
    func times() throws {
        let files = try GuestFiles()
        try files.write("", "f")
        try FileCalls.symbolicLink(to: "f", at: files.path + "/l", in: Files.currentDirectory)
        let guest = try files.guest()
        let path = guest.string("l")
        #expect(try guest.call("path_filestat_set_times", [3, 1] + path + [11, 13, 5]) == .success)
        #expect(try FileStatus.of(files.path + "/f").modified == 13)
        #expect(try guest.call("path_filestat_set_times", [3, 0] + path + [17, 19, 5]) == .success)
        #expect(try FileStatus.of(files.path + "/l").accessed == 17)
        #expect(try FileStatus.of(files.path + "/f").modified == 13)
        for flags in [3, 12, 16] {
            #expect(try guest.call("path_filestat_set_times", [3, 0] + path + [17, 19, flags]) == .inval)
        }
        #expect(try guest.call("path_filestat_set_times", [3, 2] + path + [17, 19, 5]) == .inval)
    }

    /// Every function that takes a path, with the rest of its arguments around the path.
    static let functions: [(name: String, before: [Int], after: [Int])] = [
        ("path_create_directory", [3], []), ("path_filestat_get", [3, 1], [100]),
        ("path_filestat_set_times", [3, 1], [0, 0, 10]), ("path_link", [3, 0], [3, 1030, 1]),
        ("path_open", [3, 1], [0, 2, 2, 0, 100]), ("path_readlink", [3], [5000, 100, 100]),
        ("path_remove_directory", [3], []), ("path_rename", [3], [3, 1030, 1]), ("path_symlink", [1030, 1, 3], []),
        ("path_unlink_file", [3], []),
    ]

    @Test("refuse absolute and escaping paths, zero bytes, empty and overlong ones", arguments: functions.indices)
    func refusedPaths(index: Int) throws {
        let function = Self.functions[index]
        let guest = try GuestFiles().guest()
        // At 1030 stands the other path of the functions that take two.
        _ = guest.string("123456")
        guest.write(Array("z".utf8), 1030)
        let long = String(repeating: "a", count: 4096)
        let cases: [(String, Preview1Errno)] = [
            ("/etc/passwd", .perm), ("../x", .perm), ("a\0b", .inval), ("", .noent), (long, .nametoolong),
            (String(repeating: "a", count: 256), .nametoolong), ("none/x", .noent),
        ]
        for (path, expected) in cases {
            let arguments = function.before + guest.string(path) + function.after
            #expect(try guest.call(function.name, arguments) == expected, "\(function.name) \(path.prefix(20))")
        }
        let outside = function.before + [Guest.memorySize - 2, 3] + function.after
        #expect(guest.trap(function.name, outside) != nil)
        for (number, errno) in [(0, Preview1Errno.notdir), (77, .badf), (-1, .badf)] {
            var arguments = function.before + guest.string("x") + function.after
            arguments[function.name == "path_symlink" ? 2 : 0] = number
            #expect(try guest.call(function.name, arguments) == errno)
        }
    }

    @Test("of a read-only mount change nothing", arguments: functions.indices)
    func readOnly(index: Int) throws {
        let function = Self.functions[index]
        guard !["path_filestat_get", "path_open", "path_readlink"].contains(function.name) else { return }
        let guest = try GuestFiles().guest(.snapshot, .readOnly)
        _ = guest.string("123456")
        guest.write(Array("z".utf8), 1030)
        #expect(try guest.call(function.name, function.before + guest.string("x") + function.after) == .rofs)
    }

    @Test("refuse a followed link in path_link, and an absolute target in path_symlink")
    func links() throws {
        let files = try GuestFiles()
        try files.write("", "f")
        let guest = try files.guest()
        #expect(try guest.call("path_link", [3, 1] + guest.string("f") + [3] + guest.string("g")) == .inval)
        #expect(try guest.call("path_symlink", guest.string("/etc/passwd") + [3] + guest.string("l")) == .perm)
        let root = try Guest { $0.preopens = [try files.preopen("/", .readWrite, .root)] }
        #expect(try root.call("path_symlink", root.string("/f") + [3] + root.string("l")) == .success)
        #expect(try root.open("l").errno == .success)
    }
}
