import Cgroups
import SystemCalls

/// What else is looked after while a workload runs.
public struct Attendance {
    /// Waited for until something can be read from it.
    let descriptor: Int32
    /// Reads it, without waiting; false when that was all.
    let serve: () -> Bool

    public init(_ descriptor: Int32, serve: @escaping () -> Bool) {
        self.descriptor = descriptor
        self.serve = serve
    }
}

/// Runs a workload beside the command that started it, and waits for its end.
public struct Foreground {
    /// SIGKILL after this time.
    public var timeout: Duration?
    /// The guest has a terminal of its own, connected with ours.
    public var terminal: Bool
    /// The guest reads our standard input; otherwise it has nothing to read.
    public var interactive: Bool
    /// Joined by the workload. Stays the caller's to remove.
    public var cgroup: ContainerCgroup?

    public init(
        timeout: Duration? = nil, terminal: Bool = false, interactive: Bool = false, cgroup: ContainerCgroup? = nil
    ) {
        self.timeout = timeout
        self.terminal = terminal
        self.interactive = interactive
        self.cgroup = cgroup
    }

    /// Forks, runs `body` in the child, and returns how that ended. This process must have one thread.
    ///
    /// - Parameters:
    ///   - signals: released by the caller, after it removed what has to go with the workload.
    ///   - body: finishes the set-up, says so on the channel, runs the guest and returns the exit code. Its standard streams,
    ///     terminal, signals and control group are in place.
    /// - Throws: `notStarted` with the child's own words when the guest never ran.
    public func run(
        holding signals: borrowing HeldSignals, _ body: (consuming StartChannel) -> Int32
    ) throws(LifecycleError) -> WorkloadExit {
        let outcome: Outcome
        do throws(SystemCallError) {
            let supervision = try Supervision(signals)
            outcome = try terminal ? inTerminal(supervision, body) : directly(supervision, body)
        } catch { throw .system(doing: "running the workload", error) }
        switch outcome {
        case .ended(let exit): return exit
        case .notStarted(let reason): throw .notStarted(reason)
        }
    }

    /// Waits for a process that has been started already, and whose streams are ours, or the terminal whose master this is.
    ///
    /// - Parameter process: reaped when this returns.
    public func wait(
        for process: borrowing ChildProcess, terminal: consuming OwnedDescriptor?,
        holding signals: borrowing HeldSignals, attending attendance: Attendance? = nil
    ) throws(LifecycleError) -> WorkloadExit {
        do throws(SystemCallError) {
            let supervision = try Supervision(signals)
            guard let master = terminal else {
                var relay = NoRelay()
                return try supervision.wait(
                    for: process, timeout: timeout, cgroup: cgroup, relay: &relay, attendance: attendance)
            }
            TerminalRelay.adoptSize(of: TerminalRelay.ownTerminal, for: master.rawValue)
            var relay = try TerminalRelay(master: master, interactive: interactive)
            return try supervision.wait(
                for: process, timeout: timeout, cgroup: cgroup, relay: &relay, attendance: attendance)
        } catch { throw .system(doing: "waiting for the workload", error) }
    }

    private enum Outcome {
        case ended(WorkloadExit)
        case notStarted(String)
    }

    private func directly(
        _ supervision: borrowing Supervision, _ body: (consuming StartChannel) -> Int32
    ) throws(SystemCallError) -> Outcome {
        let process = try SpawnedProcess(
            streams: .inherited(input: interactive), signals: supervision.previousSignals, cgroup: cgroup, body: body)
        if let reason = try process.startFailure() { return try notStarted(process, reason) }
        var relay = NoRelay()
        return .ended(try supervision.wait(for: process.process, timeout: timeout, cgroup: cgroup, relay: &relay))
    }

    private func inTerminal(
        _ supervision: borrowing Supervision, _ body: (consuming StartChannel) -> Int32
    ) throws(SystemCallError) -> Outcome {
        let pair = try Terminals.open()
        TerminalRelay.adoptSize(of: TerminalRelay.ownTerminal, for: pair.master.rawValue)
        let process = try SpawnedProcess(
            streams: .terminal(pair.slave.rawValue), signals: supervision.previousSignals, cgroup: cgroup, body: body)
        let master = pair.keepMaster()
        if let reason = try process.startFailure() { return try notStarted(process, reason) }
        var relay = try TerminalRelay(master: master, interactive: interactive)
        return .ended(try supervision.wait(for: process.process, timeout: timeout, cgroup: cgroup, relay: &relay))
    }

    private func notStarted(_ process: borrowing SpawnedProcess, _ reason: String) throws(SystemCallError) -> Outcome {
        _ = try Processes.wait(for: process.number)
        return .notStarted(reason)
    }
}
