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
