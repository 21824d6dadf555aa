import Cgroups
import ContainerLifecycle
import OCISpec
import SystemCalls

extension ContainerRuntime {
    /// Sends a signal to a container's first process, or with `all` to every process of the container.
    ///
    /// Errors: `container not running`, which container managers look for.
    public func kill(_ id: String, signal: Int32, all: Bool) throws(RuntimeFailure) {
        let state = try record(of: id)
        let cgroup = try state.openCgroup()
        if all, let cgroup {
            // Processes may outlive the first one where it has no pid namespace of its own.
            guard try !processes(of: id).isEmpty else { throw Self.notRunning(id) }
            do throws(CgroupError) { return try cgroup.signalAll(signal) } catch { throw RuntimeFailure(error) }
        }
        guard let pidfd = try state.openProcess() else { throw Self.notRunning(id) }
        do throws(SystemCallError) { try Processes.signal(pidfd.rawValue, signal) } catch {
            if error.errno == .noSuchProcess { throw Self.notRunning(id) }
            throw RuntimeFailure(.system, "container \(id): \(error)")
        }
        // A stopped process ends only when it goes on.
        if signal == 9, let cgroup, cgroup.isFrozen { try? cgroup.thaw() }
    }

    static func notRunning(_ id: String) -> RuntimeFailure {
        RuntimeFailure(.wrongState, "container not running: \(id)")
    }
}
