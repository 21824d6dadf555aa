import SystemCalls

/// Ends a workload that runs in the background.
public struct ContainerStop {
    private let state: StateDirectory

    public init(state: StateDirectory) { self.state = state }

    /// SIGTERM; SIGKILL when the grace is over. Returns when the end is on record.
    ///
    /// A container that has ended already is left as it is.
    public func stop(_ id: ContainerID, grace: Duration) throws(LifecycleError) {
        let record = try state.record(of: id)
        var machine = LifecycleMachine(record.state)
        do throws(LifecycleMachine.Refused) {
            switch try machine.handle(.stop) {
            case .terminate, .thawAndTerminate: break
            case .nothing, .runWorkload, .freeze, .thaw, .recordEnd, .deleteFiles, .killAndDeleteFiles: return
            }
        } catch { throw .refused(record.name, error) }
        try ProcessEnd(name: record.name).end(record.workload, grace: grace)
        // The monitor writes the end down and goes; one that was killed doesn't.
        try ProcessEnd(name: record.name).await(record.supervisor, atMost: ProcessEnd.patience)
    }
}

/// Makes sure that a process has ended.
struct ProcessEnd {
    /// What it belongs to, for errors.
    let name: String

    /// How long a killed process, or a monitor with nothing left to do, may take.
    static let patience = Duration.seconds(5)

    /// SIGTERM, then after the grace SIGKILL. By a descriptor: never another process of the same number.
    func end(_ process: ProcessIdentity?, grace: Duration) throws(LifecycleError) {
        do throws(SystemCallError) {
            guard let process, let descriptor = try process.open() else { return }
            if grace > .zero {
                try send(Signal.terminate, to: descriptor.rawValue)
                if try hasEnded(descriptor.rawValue, within: grace) { return }
            }
            try send(Signal.kill, to: descriptor.rawValue)
            if try hasEnded(descriptor.rawValue, within: Self.patience) { return }
        } catch { throw .system(doing: "stopping \(name)", error) }
        throw .stillRunning(name)
    }

    func await(_ process: ProcessIdentity?, atMost time: Duration) throws(LifecycleError) {
        do throws(SystemCallError) {
            guard let process, let descriptor = try process.open() else { return }
            if try hasEnded(descriptor.rawValue, within: time) { return }
        } catch { throw .system(doing: "waiting for \(name)", error) }
        throw .stillRunning(name)
    }

    private func send(_ number: Int32, to descriptor: Int32) throws(SystemCallError) {
        do throws(SystemCallError) {
            try Processes.signal(descriptor, number)
        } catch {
            if error.errno != .noSuchProcess { throw error }
        }
    }

    private func hasEnded(_ descriptor: Int32, within time: Duration) throws(SystemCallError) -> Bool {
        var requests = [PollRequest(descriptor, .readable)]
        return try Poll.wait(&requests, timeout: time.wholeNanoseconds) > 0
    }
}
