import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite struct ClockTests {
    @Test(arguments: [0, 1, 2, 3])
    func everyClockHasATimeAndAResolution(clock: Int) throws {
        let guest = try Guest()
        #expect(try guest.call("clock_time_get", clock, 0, 8) == .success)
        #expect(try #require(guest.u64(8)) > 0)
        #expect(guest.isMarker(0, 8))
        #expect(guest.isMarker(16, 8))
        #expect(try guest.call("clock_res_get", clock, 24) == .success)
        #expect(1...1_000_000_000 ~= (try #require(guest.u64(24))))
    }

    @Test func theWallClockIsTheHosts() throws {
        let guest = try Guest()
        let before = Clocks.now(.realtime)
        #expect(try guest.call("clock_time_get", 0, 0, 8) == .success)
        #expect(before...Clocks.now(.realtime) ~= (try #require(guest.u64(8))))
    }

    @Test func anUnknownClockIsInvalid() throws {
        let guest = try Guest()
        for clock in [4, -1] {
            #expect(try guest.call("clock_time_get", clock, 0, 8) == .inval)
            #expect(try guest.call("clock_res_get", clock, 8) == .inval)
        }
        #expect(guest.isMarker(8, 8))
    }

    @Test func aPointerOutsideOfMemoryTraps() throws {
        let guest = try Guest()
        #expect(throws: EngineError.self) { try guest.call("clock_time_get", 0, 0, 65_529) }
        #expect(throws: EngineError.self) { try guest.call("clock_res_get", 0, -1) }
    }
}
