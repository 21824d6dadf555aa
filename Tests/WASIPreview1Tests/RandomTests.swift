import Testing
import WasmEngine

@testable import WASIPreview1

@Suite struct RandomTests {
    @Test func fillsExactlyTheBuffer() throws {
        let guest = try Guest()
        #expect(try guest.call("random_get", 100, 64) == .success)
        #expect(guest.isMarker(0, 100))
        #expect(!guest.isMarker(100, 64))
        #expect(guest.isMarker(164, 100))
    }

    @Test func aLargeBufferIsFilledInPieces() throws {
        let guest = try Guest { $0.limits.randomBytesPerPiece = 1000 }
        #expect(try guest.call("random_get", 0, 65_536) == .success)
        for start in stride(from: 0, to: 65_000, by: 500) {
            #expect(!guest.isMarker(start, 32))
        }
    }

    @Test func anEmptyBufferIsFine() throws {
        let guest = try Guest()
        #expect(try guest.call("random_get", 65_536, 0) == .success)
    }

    @Test func aBufferOutsideOfMemoryTraps() throws {
        let guest = try Guest()
        #expect(throws: EngineError.self) { try guest.call("random_get", 65_530, 7) }
        #expect(throws: EngineError.self) { try guest.call("random_get", 1, -1) }
        #expect(guest.isMarker(65_530, 6))
    }
}
