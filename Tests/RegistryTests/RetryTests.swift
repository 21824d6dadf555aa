import Testing

@testable import Registry

@Suite("Trying again")
struct RetryTests {
    private let policy = RetryPolicy(limits: RegistryLimits())

    @Test func delaysDoubleUpToABound() {
        let delays = (1...4).map { policy.decision(after: $0, retryAfter: nil, jitter: 1) }
        #expect(
            delays == [
                .wait(.milliseconds(300)), .wait(.milliseconds(600)), .wait(.milliseconds(1200)),
                .wait(.milliseconds(2400)),
            ])
        #expect(policy.decision(after: 5, retryAfter: nil, jitter: 1) == .giveUp)
        #expect(policy.decision(after: 1, retryAfter: nil, jitter: 0) == .wait(.milliseconds(150)))
    }

    @Test func whatTheServerAsksForIsWaitedWithinBounds() {
        #expect(policy.decision(after: 1, retryAfter: .seconds(20), jitter: 0) == .wait(.seconds(20)))
        #expect(policy.decision(after: 1, retryAfter: .seconds(61), jitter: 0) == .giveUp)
        #expect(policy.decision(after: 1, retryAfter: .zero, jitter: 0) == .wait(.milliseconds(300)))
    }

    @Test(arguments: [
        ("0", Duration.zero), ("7", .seconds(7)), (" 12 ", .seconds(12)),
        ("Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)), ("Sun, 06 Nov 1994 08:00:00 GMT", .zero),
        ("Mon, 07 Nov 1994 08:49:37 GMT", .seconds(86_400)),
    ])
    func secondsAndDatesAreRead(_ header: String, _ expected: Duration) {
        #expect(RetryAfter.delay(header, answeredAt: "Sun, 06 Nov 1994 08:49:37 GMT") == expected)
    }

    @Test func aDateIsSecondsSince1970() {
        #expect(RetryAfter.seconds(ofDate: "Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(RetryAfter.seconds(ofDate: "Thu, 29 Feb 2024 00:00:00 GMT") == 1_709_164_800)
        #expect(RetryAfter.seconds(ofDate: "Thu, 01 Jan 1970 00:00:00 GMT") == 0)
    }

    @Test(arguments: [
        "", "soon", "-1", "1.5", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT", "a b c d:e:f GMT x",
    ])
    func anUnreadableHeaderIsNoDelay(_ header: String) {
        #expect(RetryAfter.delay(header, answeredAt: "Sun, 06 Nov 1994 08:49:37 GMT") == nil)
    }

    @Test func aNumberBeyondAllBoundsIsALongTime() {
        #expect(RetryAfter.delay("99999999999999999999999", answeredAt: nil).map { $0 > .seconds(1_000_000) } == true)
    }

    @Test func aSlowStreamIsNoticedAfterAWindow() {
        var limits = RegistryLimits()
        limits.slowestWindow = .seconds(10)
        limits.slowestBytes = 100
        let start = ContinuousClock.now
        var pace = ThroughputGuard(limits, now: start)
        let results = [(50, 5), (49, 10), (200, 15), (0, 20), (99, 31)].map { bytes, second in
            pace.isFastEnough(after: bytes, now: start + .seconds(second))
        }
        #expect(results == [true, false, true, true, false])
    }
}
