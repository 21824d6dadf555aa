import SystemCalls

/// Where a guest's threads wait: whoever waits for long gives back what memory the process can have again.
public final class Rests: Sendable {
    private let state = Mutex(State())

    private struct State {
        var isAllowed = false
        var patience = Patience()
        var clean: [CleanPages] = []
        var sleep: DeepSleep?
        var count = 0
    }

    /// Memory that is made again by computing, for half a millisecond more: for those who wait very long.
    public struct DeepSleep: Sendable {
        let begin: @Sendable () -> Bool
        let end: @Sendable () -> Void

        /// - Parameters:
        ///   - begin: gives it back; false if it can't.
        ///   - end: makes it again, after a `begin` that returned true.
        public init(begin: @escaping @Sendable () -> Bool, end: @escaping @Sendable () -> Void) {
            self.begin = begin
            self.end = end
        }
    }

    /// Nanoseconds of rest before a deep sleep, and of a timeout that leaves time for one.
    static let fallingAsleep: UInt64 = 2_000_000_000
    static let worthSleeping: UInt64 = 10_000_000_000

    /// Nobody rests before `allow`.
    public init() {}

    /// From now on long waits are rests, in which `clean` is given back too.
    ///
    /// - Parameter sleep: only for a process with one thread.
    public func allow(_ clean: [CleanPages] = [], sleep: DeepSleep? = nil) {
        state.withLock {
            $0.isAllowed = true
            $0.clean = clean
            $0.sleep = sleep
        }
    }

    /// How often somebody has rested.
    public var count: Int { state.withLock { $0.count } }

    /// Waits until a request found something or the time, in nanoseconds, is up; nil waits forever. Returns how many requests
    /// found something. It can return earlier, with 0.
    public func wait(_ requests: inout [PollRequest], timeout: UInt64?) throws(SystemCallError) -> Int {
        let patience = state.withLock { $0.isAllowed && $0.patience.isWorth(timeout) ? $0.patience.limit : nil }
        guard let patience else { return try Poll.wait(&requests, timeout: timeout) }
        let found = try Poll.wait(&requests, timeout: patience)
        if found > 0 { return found }
        let start = Clocks.now(.monotonic)
        state.withLock { $0.count += 1 }
        defer { state.withLock { $0.patience.rested(Clocks.now(.monotonic) &- start) } }
        return try rest(&requests, timeout: timeout.map { $0 - patience })
    }

    private func rest(_ requests: inout [PollRequest], timeout: UInt64?) throws(SystemCallError) -> Int {
        let (clean, sleep) = state.withLock { ($0.clean, $0.sleep) }
        guard let sleep, timeout ?? .max >= Self.worthSleeping else {
            return try Poll.rest(&requests, timeout: timeout, clean)
        }
        let found = try Poll.rest(&requests, timeout: Self.fallingAsleep, clean)
        guard found == 0 else { return found }
        let isDeep = sleep.begin()
        defer { if isDeep { sleep.end() } }
        return try Poll.rest(&requests, timeout: timeout.map { $0 - Self.fallingAsleep }, clean)
    }
}
