import Testing
import WasmEngine

@testable import WASIPreview1

@Suite("Arguments and environment")
struct ArgumentTests {
    private func guest() throws -> Guest {
        try Guest { configuration in
            configuration.arguments = ["prog", "", "zwei drei", "ü"].map { Array($0.utf8) }
            configuration.environment = ["A=1", "EMPTY=", "TEXT=a=b\nc"].map { Array($0.utf8) }
        }
    }

    @Test("are counted with the zero after each")
    func sizes() throws {
        let guest = try guest()
        #expect(try guest.call("args_sizes_get", 100, 200) == .success)
        #expect(guest.u32(100) == 4)
        #expect(guest.u32(200) == 19)
        #expect(guest.isUntouched(except: 100..<104, 200..<204))
        guest.fill()
        #expect(try guest.call("environ_sizes_get", 100, 200) == .success)
        #expect(guest.u32(100) == 3 && guest.u32(200) == 22)
    }

    @Test("are written as pointers and zero-terminated strings, and nothing beside them")
    func strings() throws {
        let guest = try guest()
        #expect(try guest.call("args_get", 100, 200) == .success)
        #expect(guest.text(200, 19) == "prog\0\0zwei drei\0ü\0")
        #expect((0..<4).map { guest.u32(100 + $0 * 4) } == [200, 205, 206, 216])
        #expect(guest.isUntouched(except: 100..<116, 200..<219))
        guest.fill()
        #expect(try guest.call("environ_get", 100, 200) == .success)
        #expect(guest.text(200, 22) == "A=1\0EMPTY=\0TEXT=a=b\nc\0")
    }

    @Test("that don't fit trap before a byte is written")
    func outside() throws {
        let guest = try guest()
        #expect(guest.trap("args_get", [100, Guest.memorySize - 18]) != nil)
        #expect(guest.trap("args_get", [Guest.memorySize - 15, 200]) != nil)
        #expect(guest.trap("environ_get", [-1, 200]) != nil)
        #expect(guest.isUntouched())
        #expect(try guest.call("args_get", 100, Guest.memorySize - 19) == .success)
    }

    @Test("are none for a guest that was given none")
    func none() throws {
        let guest = try Guest()
        #expect(try guest.call("args_sizes_get", 100, 200) == .success)
        #expect(guest.u32(100) == 0 && guest.u32(200) == 0)
        #expect(try guest.call("environ_get", 100, Guest.memorySize) == .success)
    }
}
