import Testing
import WasmEngine

@testable import WASIPreview1

@Suite("wasi_unstable")
struct DialectTests {
    @Test("has the functions of its time, under its name")
    func functions() throws {
        let snapshot = Set(Preview1Functions.table(of: .snapshot).map(\.name))
        let unstable = Set(Preview1Functions.table(of: .unstable).map(\.name))
        #expect(snapshot.count == 46)
        #expect(snapshot.subtracting(unstable) == ["sock_accept"])
        #expect(unstable.isSubset(of: snapshot))
        _ = try Guest(.unstable)
    }

    @Test("counts whence from cur, end, set")
    func whence() throws {
        let files = try GuestFiles()
        try files.write("0123456789", "f")
        let guest = try files.guest(.unstable)
        let file = try guest.opened("f")
        for (offset, whence, expected) in [(4, 2, 4), (2, 0, 6), (-3, 1, 7)] {
            #expect(try guest.call("fd_seek", file, offset, whence, 300) == .success)
            #expect(guest.u64(300) == UInt64(expected))
        }
        #expect(try guest.call("fd_seek", file, 0, 3, 300) == .inval)
    }
}
