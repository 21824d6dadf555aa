import Cgroups
import HostCapabilities
import SystemCalls

/// Waits for a workload: passes signals on, keeps its time limit, moves its streams.
struct Supervision: ~Copyable {
    /// A signalfd of the signals that are passed on; they are blocked.
    let signals: OwnedDescriptor
    /// What was blocked before.
    let previousSignals: SignalSet
    /// Where it waits.
    let rests = Rests()

    /// How long a slow reader of the output is waited for when the workload was told to end.
    private static let patience: UInt64 = 1_000_000_000

    init(_ held: borrowing HeldSignals) throws(SystemCallError) {
        signals = try SignalSet.forwarded.descriptor()
        previousSignals = held.previous
    }

    /// Until the process ended. Reaps it.
    func wait<Relay: StreamRelay & ~Copyable>(
        for process: borrowing ChildProcess, timeout: Duration?, cgroup: ContainerCgroup?, relay: inout Relay,
        attendance: Attendance? = nil
    ) throws(SystemCallError) -> WorkloadExit {
        var attendance = attendance
        let deadline = timeout.map { Clocks.deadline(in: $0.wholeNanoseconds) }
        var isOver = false
        var toldToEnd = false
        while true {
            var requests = [
                PollRequest(process.descriptor.rawValue, .readable), PollRequest(signals.rawValue, .readable),
                // poll(2) passes over a negative number.
                PollRequest(attendance?.descriptor ?? -1, .readable),
            ]
            requests += relay.requests
            let left = isOver ? nil : deadline.map { $0 - min($0, Clocks.now(.monotonic)) }
            _ = try rests.wait(&requests, timeout: left)
            let hasEnded = !requests[0].found.isEmpty
            // Asked every time: a guest that always has something to say is never found silent.
            if let deadline, !isOver, !hasEnded, Clocks.now(.monotonic) >= deadline {
                isOver = true
                process.signal(Signal.kill)
            }
            if !requests[1].found.isEmpty, try forward(to: process, relay: &relay) { toldToEnd = true }
            if !requests[2].found.isEmpty, attendance?.serve() == false { attendance = nil }
            try relay.serve(requests[3...])
            if hasEnded { break }
        }
        let exit = try Processes.wait(for: process.number)
        let hurry = isOver || toldToEnd
        try deliver(&relay, until: hurry ? Clocks.deadline(in: Self.patience) : deadline)
        if isOver, let timeout { return WorkloadExit(.timedOut(timeout)) }
        let killed = exit == .signal(Signal.kill)
        return WorkloadExit(exit, outOfMemory: killed && (cgroup?.outOfMemoryKills ?? 0) > 0)
    }

    /// - Returns: whether one of the signals asks for the end.
    private func forward<Relay: StreamRelay & ~Copyable>(
        to process: borrowing ChildProcess, relay: inout Relay
    ) throws(SystemCallError) -> Bool {
        var asksForEnd = false
        while let number = try SignalSet.next(from: signals.rawValue) {
            if number == Signal.windowChanged {
                relay.windowChanged()
            } else {
                process.signal(number)
                asksForEnd = true
            }
        }
        return asksForEnd
    }

    /// The workload ended: hands its last output to who reads it, until then, or until a signal ends the wait.
    private func deliver<Relay: StreamRelay & ~Copyable>(
        _ relay: inout Relay, until end: UInt64?
    ) throws(SystemCallError) {
        while try !relay.finish() {
            var requests = [PollRequest(signals.rawValue, .readable)] + relay.requests
            let left = end.map { $0 - min($0, Clocks.now(.monotonic)) }
            if try Poll.wait(&requests, timeout: left) == 0 { return }
            try relay.serve(requests[1...])
            if let end, Clocks.now(.monotonic) >= end { return }
            guard !requests[0].found.isEmpty else { continue }
            while let number = try SignalSet.next(from: signals.rawValue) {
                if number != Signal.windowChanged { return }
            }
        }
    }
}
