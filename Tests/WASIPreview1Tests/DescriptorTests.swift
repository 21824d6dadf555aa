import HostCapabilities
import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite("A descriptor")
struct DescriptorTests {
    @Test("tells its attributes in the layout of each dialect, and writes nothing beside them")
    func attributes() throws {
        let files = try GuestFiles()
        try files.write("text", "f")
        try FileCalls.setTimes(
            files.path + "/f", in: Files.currentDirectory,
            FileTimes(
                accessed: .set(nanosecondsSinceEpoch: 1_500_000_000_000_000_007),
                modified: .set(nanosecondsSinceEpoch: 1_600_000_000_000_000_009)))
        let status = try FileStatus.of(files.path + "/f")
        for (dialect, size, links, rest) in [(Preview1Dialect.snapshot, 64, 24, 32), (.unstable, 56, 20, 24)] {
            let guest = try files.guest(dialect)
            let file = try guest.opened("f")
            for name in ["fd_filestat_get", "path_filestat_get"] {
                let path = guest.string("f")
                guest.fill()
                guest.write(Array("f".utf8), path[0])
                let errno =
                    try name == "fd_filestat_get"
                    ? guest.call(name, file, 100) : guest.call(name, [3, 0] + path + [100])
                #expect(errno == .success)
                #expect(guest.u64(100) == status.device && guest.u64(108) == status.inode)
                #expect(guest.bytes(116, 1) == [4])
                #expect((links == 24 ? guest.u64(124) : UInt64(guest.u32(120) ?? 0)) == 1)
                #expect(guest.u64(100 + rest) == 4)
                #expect(guest.u64(100 + rest + 8) == 1_500_000_000_000_000_007)
                #expect(guest.u64(100 + rest + 16) == 1_600_000_000_000_000_009)
                #expect(guest.u64(100 + rest + 24) == UInt64(status.changed))
                #expect(guest.isUntouched(except: 100..<(100 + size), path[0]..<(path[0] + 1)))
            }
        }
    }

    @Test("tells kind, flags and rights in 24 bytes")
    func state() throws {
        let guest = try GuestFiles().guest()
        guest.fill()
        #expect(try guest.call("fd_fdstat_get", 3, 100) == .success)
        #expect(guest.bytes(100, 1) == [3])
        #expect(guest.number(UInt16.self, 102) == 0)
        #expect(guest.u64(108) == Preview1Rights.directory.rawValue)
        #expect(guest.u64(116) == Preview1Rights.directory.union(.file).rawValue)
        #expect(guest.isUntouched(except: 100..<124))
    }

    @Test("can only lose rights")
    func narrowed() throws {
        let guest = try GuestFiles().guest()
        let file = try guest.opened("f", oflags: 1, rights: [.fdRead, .fdWrite, .fdSeek])
        #expect(try guest.state(file).base == [.fdRead, .fdWrite, .fdSeek])
        #expect(try guest.call("fd_fdstat_set_rights", file, Int(Preview1Rights.fdRead.rawValue), 0) == .success)
        #expect(try guest.state(file).base == .fdRead)
        #expect(try guest.writeText(file, "x") == .notcapable)
        #expect(try guest.call("fd_fdstat_set_rights", file, Guest.all, 0) == .notcapable)
        #expect(try guest.call("fd_fdstat_set_rights", file, Int(Preview1Rights.fdRead.rawValue), 2) == .notcapable)
        #expect(try guest.call("fd_fdstat_set_rights", 99, 0, 0) == .badf)
    }

    @Test("of a preopened directory tells its path; after the last one comes badf")
    func preopens() throws {
        let files = try GuestFiles()
        let guest = try Guest { $0.preopens = [try files.preopen("/"), try files.preopen("/data/sub")] }
        guest.fill()
        #expect(try guest.call("fd_prestat_get", 4, 100) == .success)
        #expect(guest.u32(100) == 0 && guest.u32(104) == 9)
        #expect(guest.isUntouched(except: 100..<108))
        #expect(try guest.call("fd_prestat_dir_name", 4, 200, 9) == .success)
        #expect(guest.text(200, 9) == "/data/sub")
        #expect(guest.isUntouched(except: 100..<108, 200..<209))
        #expect(try guest.call("fd_prestat_dir_name", 4, 200, 8) == .nametoolong)
        #expect(try guest.call("fd_prestat_get", 5, 100) == .badf)
        #expect(try guest.call("fd_prestat_get", 0, 100) == .badf)
        let opened = try guest.opened(".", oflags: 2, rights: .directory)
        #expect(try guest.call("fd_prestat_get", opened, 100) == .badf)
        #expect(try guest.call("fd_prestat_dir_name", opened, 200, 9) == .notdir)
    }

    @Test("moves to another open number, which it replaces")
    func renumbered() throws {
        let files = try GuestFiles()
        try files.write("one", "1")
        try files.write("two", "2")
        let guest = try files.guest()
        let (first, second) = (try guest.opened("1"), try guest.opened("2"))
        #expect(try guest.call("fd_renumber", first, second) == .success)
        #expect(try guest.readText(second) == "one")
        #expect(try guest.call("fd_close", first) == .badf)
        #expect(try guest.call("fd_renumber", second, second) == .success)
        #expect(try guest.call("fd_renumber", second, 500) == .badf)
        #expect(try guest.call("fd_renumber", 500, second) == .badf)
        #expect(try guest.call("fd_renumber", -1, second) == .badf)
        // The lowest free number is the next.
        #expect(try guest.opened("2") == first)
    }

    @Test("sets size and times, allocates, advises and synchronizes")
    func changes() throws {
        let files = try GuestFiles()
        let guest = try files.guest()
        let file = try guest.opened("f", oflags: 1)
        #expect(try guest.call("fd_filestat_set_size", file, 10) == .success)
        #expect(try files.contents("f").utf8.count == 10)
        #expect(try guest.call("fd_filestat_set_size", file, -1) == .inval)
        #expect(try guest.call("fd_allocate", file, 5, 15) == .success)
        #expect(try files.contents("f").utf8.count == 20)
        for (offset, count) in [(0, 0), (-1, 1), (Int.max, Int.max)] {
            #expect(try guest.call("fd_allocate", file, offset, count) == .inval)
        }
        for advice in 0..<6 { #expect(try guest.call("fd_advise", file, 0, 0, advice) == .success) }
        #expect(try guest.call("fd_advise", file, 0, 0, 6) == .inval)
        #expect(try guest.call("fd_advise", file, -1, 0, 0) == .inval)
        #expect(try guest.call("fd_sync", file) == .success)
        #expect(try guest.call("fd_datasync", file) == .success)
        #expect(try guest.call("fd_sync", 3) == .success)
        #expect(try guest.call("fd_filestat_set_times", file, 5, 7, 1 | 4) == .success)
        #expect(try FileStatus.of(files.path + "/f").accessed == 5)
        #expect(try FileStatus.of(files.path + "/f").modified == 7)
        #expect(try guest.call("fd_filestat_set_times", file, 5, 7, 2) == .success)
        #expect(try FileStatus.of(files.path + "/f").accessed > 1_000_000_000)
        #expect(try FileStatus.of(files.path + "/f").modified == 7)
        for flags in [3, 12, 15, 16, -1] {
            #expect(try guest.call("fd_filestat_set_times", file, 5, 7, flags) == .inval)
        }
        #expect(try guest.call("fd_allocate", 3, 0, 1) == .isdir)
        #expect(try guest.call("fd_filestat_set_size", 3, 0) == .isdir)
    }

    @Test("keeps the flags that it was opened with")
    func flags() throws {
        let guest = try GuestFiles().guest()
        let file = try guest.opened("f", oflags: 1, flags: 4 | 16)
        #expect(try guest.state(file).flags == 4 | 16)
        // What is there may be named again; what isn't can't be added.
        #expect(try guest.call("fd_fdstat_set_flags", file, 1 | 16) == .success)
        #expect(try guest.state(file).flags == 1 | 16)
        let plain = try guest.opened("f")
        #expect(try guest.state(plain).flags == 0)
        for flags in [2, 8, 16, 32, -1] {
            #expect(try guest.call("fd_fdstat_set_flags", plain, flags) == .inval)
        }
    }
}

@Suite("The descriptor table")
struct DescriptorTableTests {
    @Test("gives the lowest free number and none above its limit")
    func limit() throws {
        let guest = try GuestFiles().guest { $0.limits.openDescriptors = 6 }
        #expect(try guest.opened("f", oflags: 1) == 4)
        #expect(try guest.opened("f") == 5)
        #expect(try guest.open("f").errno == .mfile)
        #expect(try guest.call("fd_close", 1) == .success)
        #expect(try guest.opened("f") == 1)
        #expect(guest.context.descriptors.count == 6)
    }

    @Test("changes nothing for a descriptor that it has no number for")
    func nothingChanges() throws {
        let files = try GuestFiles()
        try files.write("text", "f")
        let guest = try files.guest { $0.limits.openDescriptors = 4 }
        #expect(try guest.open("f", oflags: 8).errno == .mfile)
        #expect(try guest.open("made", oflags: 1).errno == .mfile)
        #expect(try files.contents("f") == "text")
        #expect(!files.exists("made"))
    }

    @Test("is too small for what a guest is to be given")
    func tooSmall() throws {
        #expect(throws: Preview1Failure.self) { try Guest { $0.limits.openDescriptors = 2 } }
    }

    @Test("closes what the guest closed, once nobody uses it")
    func closes() throws {
        let files = try GuestFiles()
        let guest = try files.guest()
        let number = try guest.opened("f", oflags: 1)
        let slot = try guest.context.descriptors.slot(UInt32(number))
        let host = slot.resource.hostDescriptor
        #expect(try guest.call("fd_close", number) == .success)
        #expect(withExtendedLifetime(slot) { Descriptors.isOpen(host) })
    }
}

@Suite("Errors of the kernel")
struct ErrnoTests {
    @Test("have the guest's number, and io when it has none")
    func numbers() {
        #expect(Preview1Errno(Errno.noSuchFile) == .noent)
        #expect(Preview1Errno(Errno.notSupported) == .notsup)
        #expect(Preview1Errno(Errno.crossDevice) == .xdev)
        #expect(Preview1Errno(Errno.timedOut) == .timedout)
        #expect(Preview1Errno(Errno(rawValue: 12345)) == .io)
        #expect(Preview1Errno(Errno(rawValue: -5)) == .io)
        #expect(Preview1Errno(Errno(rawValue: 61)) == .io)
    }
}
