import Sandbox
import SystemCalls

/// Waits for a workload: passes signals on, keeps its time limit, moves its streams.
struct Supervision: ~Copyable {
    /// A signalfd of the signals that are passed on; they are blocked.
    let signals: OwnedDescriptor
    /// What was blocked before.
    let previousSignals: SignalSet

    /// Blocks the signals. To be done before the fork, so that none is lost or ends us in between.
    init() throws(SystemCallError) {
        let forwarded = SignalSet(Signal.forwarded)
        let previous = try forwarded.block()
        let descriptor = try forwarded.descriptor()
        signals = descriptor
        previousSignals = previous
    }

    /// Until the process ended. Reaps it.
    func wait<Relay: StreamRelay & ~Copyable>(
        for process: borrowing SpawnedProcess, timeout: Duration?, cgroup: Cgroup?, relay: inout Relay
    ) throws(SystemCallError) -> WorkloadExit {
        let deadline = timeout.map { Clocks.now(.monotonic).addingClamped($0.wholeNanoseconds) }
        var isOver = false
        while true {
            var requests = [
                PollRequest(process.descriptor.rawValue, .readable), PollRequest(signals.rawValue, .readable),
            ]
            requests += relay.requests
            let left = isOver ? nil : deadline.map { $0 - min($0, Clocks.now(.monotonic)) }
            if try Poll.wait(&requests, timeout: left) == 0 {
                isOver = true
                process.signal(Signal.kill)
            }
            if !requests[1].found.isEmpty { try forward(to: process, relay: &relay) }
            try relay.serve(requests[2...])
            if !requests[0].found.isEmpty { break }
        }
        let exit = try Processes.wait(for: process.number)
        try relay.finish()
        if isOver, let timeout { return WorkloadExit(.timedOut(timeout)) }
        let killed = exit == .signal(Signal.kill)
        return WorkloadExit(exit, outOfMemory: killed && (cgroup?.outOfMemoryKills ?? 0) > 0)
    }

    private func forward<Relay: StreamRelay & ~Copyable>(
        to process: borrowing SpawnedProcess, relay: inout Relay
    ) throws(SystemCallError) {
        while let number = try SignalSet.next(from: signals.rawValue) {
            if number == Signal.windowChanged {
                relay.windowChanged()
            } else {
                process.signal(number)
            }
        }
    }
}

extension UInt64 {
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension Duration {
    /// Clamped to what 64 bits hold: 584 years.
    var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product.addingClamped(UInt64(max(attoseconds, 0) / 1_000_000_000))
    }
}
