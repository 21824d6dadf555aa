import Testing
import WasmEngine

@testable import WASIPreview1

@Suite("The guest's own end")
struct ProcessTests {
    @Test("by proc_exit has the guest's code", arguments: [0, 1, 33, 255, -1])
    func exit(code: Int) throws {
        #expect(try Guest().trap("proc_exit", [code])?.exitCode == Int32(code))
    }

    @Test(
        "by a deadly signal has 128 and Linux's number",
        arguments: [(6, 134), (9, 137), (15, 143), (23, 152), (30, 159)])
    func signal(number: Int, code: Int32) throws {
        #expect(try Guest().trap("proc_raise", [number])?.exitCode == code)
    }

    @Test("doesn't come by a signal that is ignored, would stop it, or doesn't exist")
    func otherSignals() throws {
        let guest = try Guest()
        for number in [0, 16, 17, 22, 27] { #expect(try guest.call("proc_raise", number) == .success) }
        for number in [18, 19, 20, 21] { #expect(try guest.call("proc_raise", number) == .notsup) }
        for number in [31, 255, -1] { #expect(try guest.call("proc_raise", number) == .inval) }
        #expect(try guest.call("sched_yield") == .success)
    }
}
