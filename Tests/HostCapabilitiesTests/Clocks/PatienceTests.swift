import HostCapabilities
import Testing

@Suite struct PatienceTests {
    private static let millisecond: UInt64 = 1_000_000

    @Test func aWaitWhoseEndIsNearIsNotWorthARest() {
        let patience = Patience()
        #expect(!patience.isWorth(0))
        #expect(!patience.isWorth(100 * Self.millisecond))
        #expect(!patience.isWorth(1000 * Self.millisecond))
        #expect(patience.isWorth(2000 * Self.millisecond))
        #expect(patience.isWorth(.max))
        #expect(patience.isWorth(nil))
    }

    @Test func whoIsWokenOftenStopsResting() {
        var patience = Patience()
        var rests = 0
        for _ in 0..<1000 where patience.limit < 500 * Self.millisecond {
            rests += 1
            patience.rested(500 * Self.millisecond - patience.limit)
        }
        #expect(rests < 8)
        #expect(patience.limit >= 500 * Self.millisecond)
        for _ in 0..<100 { patience.rested(0) }
        #expect(patience.limit == Patience.longest)
    }

    @Test func longRestsMakeItShortAgain() {
        var patience = Patience()
        for _ in 0..<100 { patience.rested(0) }
        for _ in 0..<100 { patience.rested(3_600_000 * Self.millisecond) }
        #expect(patience.limit == Patience.shortest)
    }

    @Test func restsTakeLittleOfTheTimeHoweverLongTheyAre() {
        for length in [1, 60, 300, 1000, 5000, 60_000] as [UInt64] {
            var patience = Patience()
            var time: UInt64 = 0
            var rests: UInt64 = 0
            while time < 3_600_000 * Self.millisecond {
                // Somebody waits without a timeout and is woken after so long.
                if patience.limit < length * Self.millisecond {
                    rests += 1
                    patience.rested(length * Self.millisecond - patience.limit)
                }
                time += length * Self.millisecond
            }
            #expect(rests <= 16 + time / Patience.worth, "woken every \(length) ms")
            // Who is woken by the minute rests each time.
            if length >= 5000 { #expect(rests > time / (length * Self.millisecond) - 16) }
        }
    }
}
