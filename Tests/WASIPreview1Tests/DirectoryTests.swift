import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite("fd_readdir")
struct DirectoryTests {
    struct Entry: Hashable {
        let next: UInt64
        let inode: UInt64
        let type: UInt8
        let name: String
    }

    /// Reads the whole directory with a buffer of a size, as wasi-libc does: going on after the last whole entry.
    private func list(_ guest: Guest, _ number: Int, buffer: Int) throws -> [Entry] {
        var (entries, cookie) = ([Entry](), UInt64(0))
        while true {
            guest.fill()
            let errno = try guest.call("fd_readdir", number, 4096, buffer, Int(bitPattern: UInt(cookie)), 100)
            guard errno == .success else { throw Preview1Failure.errno(errno) }
            let used = Int(guest.u32(100) ?? 0)
            #expect(used <= buffer)
            #expect(guest.isUntouched(except: 100..<104, 4096..<(4096 + used)))
            let found = parse(guest, 4096..<(4096 + used))
            entries += found
            if used < buffer { return entries }
            guard let last = found.last else { throw Preview1Failure.errno(.nametoolong) }
            cookie = last.next
        }
    }

    /// The whole entries in a range.
    private func parse(_ guest: Guest, _ range: Range<Int>) -> [Entry] {
        var (entries, place) = ([Entry](), range.lowerBound)
        while place + 24 <= range.upperBound {
            let length = Int(guest.u32(place + 16) ?? 0)
            guard place + 24 + length <= range.upperBound else { break }
            entries.append(
                Entry(
                    next: guest.u64(place) ?? 0, inode: guest.u64(place + 8) ?? 0,
                    type: guest.bytes(place + 20, 1).first ?? 0, name: guest.text(place + 24, length)))
            place += 24 + length
        }
        return entries
    }

    @Test("lists every name once with a buffer of any size", arguments: [60, 61, 64, 100, 256, 4096, 60_000])
    func anySize(buffer: Int) throws {
        let files = try GuestFiles()
        let names = (0..<200).map { "name-\($0)-" + String(repeating: "y", count: $0 % 20) }
        for name in names { try files.write("", name) }
        try Files.makeDirectory(files.path + "/sub", mode: 0o755)
        let guest = try files.guest()
        let entries = try list(guest, 3, buffer: buffer)
        #expect(entries.map(\.name).prefix(2) == [".", ".."])
        #expect(entries.map(\.name).dropFirst(2).sorted() == (names + ["sub"]).sorted())
        #expect(Set(entries.map(\.next)).count == entries.count)
        for entry in entries.dropFirst(2) {
            #expect(try FileStatus.of(files.path + "/" + entry.name).inode == entry.inode)
            #expect(entry.type == (entry.name == "sub" ? 3 : 4))
        }
    }

    @Test("cuts the last entry off where the buffer ends")
    func cutOff() throws {
        let files = try GuestFiles()
        try files.write("", String(repeating: "n", count: 50))
        let guest = try files.guest()
        // Two entries for the dots, 25 and 26 bytes, then as much of the third as fits.
        for room in 1...74 {
            guest.fill()
            #expect(try guest.call("fd_readdir", 3, 4096, 51 + room, 0, 100) == .success)
            #expect(guest.u32(100) == UInt32(51 + room))
            #expect(guest.isUntouched(except: 100..<104, 4096..<(4096 + 51 + room)))
        }
        #expect(try guest.call("fd_readdir", 3, 4096, 0, 0, 100) == .success)
        #expect(guest.u32(100) == 0)
        // Too small for a name: the length is there, and a larger buffer from the same cookie finds it.
        #expect(try guest.call("fd_readdir", 3, 4096, 24, 2, 100) == .success)
        #expect(guest.u32(4096 + 16) == 50)
        #expect(try guest.call("fd_readdir", 3, 4096, 74, 2, 100) == .success)
        #expect(guest.text(4096 + 24, 50) == String(repeating: "n", count: 50))
    }

    @Test("refuses what is no directory, a missing right, and memory outside")
    func refused() throws {
        let files = try GuestFiles()
        let guest = try files.guest()
        let file = try guest.opened("f", oflags: 1)
        #expect(try guest.call("fd_readdir", file, 4096, 100, 0, 100) == .notdir)
        #expect(try guest.call("fd_readdir", 99, 4096, 100, 0, 100) == .badf)
        let blind = try guest.opened(".", oflags: 2, rights: .directory.subtracting(.fdReaddir))
        #expect(try guest.call("fd_readdir", blind, 4096, 100, 0, 100) == .notcapable)
        #expect(guest.trap("fd_readdir", [3, Guest.memorySize - 99, 100, 0, 100]) != nil)
        #expect(guest.trap("fd_readdir", [3, 4096, 100, 0, Guest.memorySize - 3]) != nil)
    }

    @Test("reads anew what changed, from the beginning")
    func changed() throws {
        let files = try GuestFiles()
        let guest = try files.guest()
        #expect(try list(guest, 3, buffer: 4096).count == 2)
        try files.write("", "a")
        #expect(try list(guest, 3, buffer: 4096).map(\.name) == [".", "..", "a"])
        try Files.unlink(files.path + "/a")
        #expect(try list(guest, 3, buffer: 4096).count == 2)
    }
}
