import Cgroups
import SystemCalls

/// Removes a container: its record and log, its writable layer, its control groups.
public struct ContainerRemoval {
    private let state: StateDirectory

    public init(state: StateDirectory) { self.state = state }

    /// - Parameter force: kills what still runs; otherwise that is refused. A container whose record can't be read loses its
    ///   record and log; nobody knows what else it had.
    public func remove(_ id: ContainerID, force: Bool) throws(LifecycleError) {
        let record: ContainerRecord
        do throws(LifecycleError) { record = try state.record(of: id) } catch {
            guard force, state.isDamage(error, of: id) else { throw error }
            return try state.delete(id)
        }
        let condition = ContainerCondition(of: record)
        // A record that says "running" while nothing runs is what a killed monitor left behind: nothing has to be forced.
        var machine = LifecycleMachine(condition == .lost ? .stopped : record.state)
        do throws(LifecycleMachine.Refused) {
            switch try machine.handle(force ? .removeByForce : .remove) {
            case .killAndDeleteFiles, .deleteFiles: break
            case .nothing, .runWorkload, .freeze, .thaw, .recordEnd, .terminate, .thawAndTerminate: return
            }
        } catch { throw .refused(record.name, error) }
        if condition.isActive { try kill(record) }
        try discard(record)
    }

    /// The workload first: its monitor then records the end and goes by itself.
    private func kill(_ record: ContainerRecord) throws(LifecycleError) {
        try ProcessEnd(name: record.name).end(record.workload, grace: .zero)
        try ProcessEnd(name: record.name).end(record.supervisor, grace: .zero)
    }

    /// Removes what is left of a container whose processes have ended. Can be repeated after a crash.
    func discard(_ record: ContainerRecord) throws(LifecycleError) {
        try? record.cgroup?.delete()
        if let layer = record.layer {
            do throws(SystemCallError) {
                try TreeRemoval.remove(layer)
            } catch { throw .system(doing: "removing the writable layer of \(record.name)", error) }
        }
        try state.delete(record.id)
    }
}
