import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite("Reading, writing and seeking")
struct TransferTests {
    @Test("scatter and gather over several buffers and report the sum")
    func vectors() throws {
        let files = try GuestFiles()
        let guest = try files.guest()
        let file = try guest.opened("f", oflags: 1)
        guest.fill()
        guest.write(Array("abc".utf8), 2000)
        guest.write(Array("defg".utf8), 3000)
        guest.vectors([(2000, 3), (5000, 0), (3000, 4)], at: 100)
        #expect(try guest.call("fd_write", file, 100, 3, 200) == .success)
        #expect(guest.u32(200) == 7)
        #expect(try files.contents("f") == "abcdefg")
        #expect(try guest.call("fd_seek", file, 0, 0, 300) == .success)
        guest.fill()
        guest.vectors([(2000, 2), (3000, 100)], at: 100)
        #expect(try guest.call("fd_read", file, 100, 2, 200) == .success)
        #expect(guest.u32(200) == 7)
        #expect(guest.text(2000, 2) == "ab" && guest.text(3000, 5) == "cdefg")
        #expect(guest.isUntouched(except: 100..<116, 200..<204, 2000..<2002, 3000..<3005))
        #expect(try guest.call("fd_read", file, 100, 2, 200) == .success)
        #expect(guest.u32(200) == 0)
    }

    @Test("at a position leave the offset alone")
    func positioned() throws {
        let files = try GuestFiles()
        try files.write("0123456789", "f")
        let guest = try files.guest()
        let file = try guest.opened("f")
        guest.vectors([(2000, 3)], at: 100)
        #expect(try guest.call("fd_pread", file, 100, 1, 4, 200) == .success)
        #expect(guest.text(2000, 3) == "456")
        guest.write(Array("XYZ".utf8), 2000)
        #expect(try guest.call("fd_pwrite", file, 100, 1, 7, 200) == .success)
        #expect(guest.u32(200) == 3)
        #expect(try guest.call("fd_tell", file, 300) == .success)
        #expect(guest.u64(300) == 0)
        #expect(try files.contents("f") == "0123456XYZ")
        #expect(try guest.call("fd_pread", file, 100, 1, -1, 200) == .inval)
        #expect(try guest.call("fd_pwrite", file, 100, 1, Int.min, 200) == .inval)
    }

    @Test("of a file opened for appending always write at its end")
    func append() throws {
        let files = try GuestFiles()
        try files.write("start", "f")
        let guest = try files.guest()
        let file = try guest.opened("f", flags: 1)
        #expect(try guest.state(file).flags == 1)
        #expect(try guest.writeText(file, "-more") == .success)
        // Turned off, writes go to the offset; turned on again, to the end.
        #expect(try guest.call("fd_fdstat_set_flags", file, 0) == .success)
        #expect(try guest.call("fd_seek", file, 0, 0, 300) == .success)
        #expect(try guest.writeText(file, "S") == .success)
        #expect(try guest.call("fd_fdstat_set_flags", file, 1) == .success)
        #expect(try guest.writeText(file, "!") == .success)
        #expect(try files.contents("f") == "Start-more!")
    }

    @Test("seek from the start, the offset and the end, and refuse what lies before the start")
    func seek() throws {
        let files = try GuestFiles()
        try files.write("0123456789", "f")
        let guest = try files.guest()
        let file = try guest.opened("f")
        for (offset, whence, expected) in [(4, 0, 4), (2, 1, 6), (-3, 2, 7), (0, 1, 7), (100, 0, 100)] {
            guest.fill()
            #expect(try guest.call("fd_seek", file, offset, whence, 300) == .success)
            #expect(guest.u64(300) == UInt64(expected))
            #expect(guest.isUntouched(except: 300..<308))
        }
        #expect(try guest.call("fd_seek", file, -1, 0, 300) == .inval)
        #expect(try guest.call("fd_seek", file, -11, 2, 300) == .inval)
        #expect(try guest.call("fd_seek", file, 0, 3, 300) == .inval)
        #expect(try guest.call("fd_seek", file, Int.max, 1, 300) == .inval)
    }

    @Test("refuse directories, closed numbers, and positions in a stream")
    func refused() throws {
        let files = try GuestFiles()
        let pipe = try Descriptors.pipe()
        let guest = try files.guest { $0.standardInput = pipe.read.rawValue }
        guest.vectors([(2000, 3)], at: 100)
        #expect(try guest.call("fd_read", 3, 100, 1, 200) == .isdir)
        #expect(try guest.call("fd_write", 3, 100, 1, 200) == .isdir)
        #expect(try guest.call("fd_seek", 3, 0, 0, 200) == .isdir)
        #expect(try guest.call("fd_read", 99, 100, 1, 200) == .badf)
        #expect(try guest.call("fd_read", -1, 100, 1, 200) == .badf)
        #expect(try guest.call("fd_pread", 0, 100, 1, 0, 200) == .spipe)
        #expect(try guest.call("fd_seek", 0, 0, 1, 200) == .spipe)
        #expect(try guest.call("fd_tell", 0, 200) == .spipe)
        #expect(try guest.call("fd_write", 0, 100, 1, 200) == .notcapable)
        #expect(try guest.call("fd_read", 1, 100, 1, 200) == .notcapable)
    }

    @Test("trap on vectors outside of the memory before a byte moves")
    func outside() throws {
        let files = try GuestFiles()
        let guest = try files.guest()
        let file = try guest.opened("f", oflags: 1)
        guest.fill()
        let size = Guest.memorySize
        for bad in [(size - 2, 3), (-1, 1), (0, -1), (size + 1, 0)] {
            // The first buffer is good: it must not be written when the second is bad.
            guest.vectors([(2000, 3), bad], at: 100)
            #expect(guest.trap("fd_write", [file, 100, 2, 200]) != nil)
        }
        guest.vectors([(2000, 3)], at: 100)
        #expect(guest.trap("fd_write", [file, 100, 1, size - 3]) != nil)
        #expect(guest.trap("fd_write", [file, size - 7, 1, 200]) != nil)
        #expect(guest.trap("fd_write", [file, 0, 0x2000_0000, 200]) != nil)
        #expect(guest.trap("fd_read", [file, 100, 1, -2]) != nil)
        #expect(try files.contents("f") == "")
        #expect(try guest.call("fd_write", file, size, 0, 200) == .success)
    }

    @Test("move at most what the limits allow in one call")
    func limits() throws {
        let files = try GuestFiles()
        let guest = try files.guest { configuration in
            configuration.limits.bytesPerCall = 5
            configuration.limits.vectors = 2
        }
        let file = try guest.opened("f", oflags: 1)
        guest.write(Array("abcdefgh".utf8), 2000)
        guest.vectors([(2000, 3), (2003, 3), (2006, 2)], at: 100)
        #expect(try guest.call("fd_write", file, 100, 3, 200) == .success)
        #expect(guest.u32(200) == 5)
        guest.vectors([(2000, 1), (2001, 1), (2002, 1)], at: 100)
        #expect(try guest.call("fd_write", file, 100, 3, 200) == .success)
        #expect(guest.u32(200) == 2)
        #expect(try files.contents("f") == "abcdeab")
    }

    @Test("report a full device")
    func fullDevice() throws {
        let full = try Files.open("/dev/full", flags: [.writeOnly])
        let guest = try Guest { $0.standardOutput = full.rawValue }
        #expect(try guest.writeText(1, "text") == .nospc)
    }
}

@Suite("Standard streams")
struct StandardStreamTests {
    @Test("move bytes through pipes")
    func pipes() throws {
        let input = try Descriptors.pipe()
        let output = try Descriptors.pipe()
        let (reading, writing) = (input.read.rawValue, output.write.rawValue)
        let guest = try Guest { configuration in
            configuration.standardInput = reading
            configuration.standardOutput = writing
        }
        try Files.writeAll(input.write.rawValue, Array("question".utf8))
        #expect(try guest.readText(0) == "question")
        #expect(try guest.writeText(1, "answer") == .success)
        let answer = try withUnsafeTemporaryAllocation(byteCount: 100, alignment: 1) { buffer in
            String(decoding: buffer.prefix(try Files.read(output.read.rawValue, into: buffer)), as: UTF8.self)
        }
        #expect(answer == "answer")
    }

    @Test("closed by the guest stay open for the host")
    func closed() throws {
        let output = try Descriptors.pipe()
        let writing = output.write.rawValue
        let guest = try Guest { $0.standardOutput = writing }
        #expect(try guest.call("fd_close", 1) == .success)
        #expect(try guest.writeText(1, "text") == .badf)
        #expect(try guest.call("fd_close", 1) == .badf)
        #expect(Descriptors.isOpen(writing))
    }

    @Test("asked not to wait say so, without changing the host's open file")
    func nonBlocking() throws {
        let input = try Descriptors.pipe()
        let reading = input.read.rawValue
        let guest = try Guest { $0.standardInput = reading }
        #expect(try guest.call("fd_fdstat_set_flags", 0, 4) == .success)
        #expect(try guest.state(0).flags == 4)
        guest.vectors([(2000, 3)], at: 100)
        #expect(try guest.call("fd_read", 0, 100, 1, 200) == .again)
        #expect(!(try TransferCalls.statusFlags(reading).contains(.nonBlocking)))
        try Files.writeAll(input.write.rawValue, Array("now".utf8))
        #expect(try guest.readText(0) == "now")
        #expect(try guest.call("fd_fdstat_set_flags", 0, 1) == .notsup)
        #expect(try guest.call("fd_fdstat_set_flags", 0, 16) == .inval)
    }

    @Test("are streams even where they are files; a device that is no terminal doesn't look like one to isatty")
    func kinds() throws {
        let files = try GuestFiles()
        try files.write("0123456789", "f")
        let file = try Files.open(files.path + "/f", flags: [])
        let null = try Files.open("/dev/null", flags: [.readWrite])
        let (input, output) = (file.rawValue, null.rawValue)
        let guest = try Guest { configuration in
            configuration.standardInput = input
            configuration.standardOutput = output
        }
        // What the caller has read or written already is none of the guest's business.
        #expect(try guest.call("fd_seek", 0, 5, 0, 300) == .spipe)
        #expect(try guest.readText(0) == "0123456789")
        #expect(try guest.call("fd_filestat_set_size", 1, 0) != .success)
        // isatty of wasi-libc: a character device (2) without the rights to seek and tell.
        #expect(try guest.state(1).type == 0)
    }

    @Test("that aren't open on the host fail, and nothing else")
    func notOpen() throws {
        let guest = try Guest { $0.standardInput = -1 }
        guest.vectors([(2000, 3)], at: 100)
        #expect(try guest.call("fd_read", 0, 100, 1, 200) == .badf)
        #expect(try guest.call("fd_filestat_get", 0, 300) == .badf)
    }
}
