import Cgroups
import ContainerLifecycle
import OCISpec
import SystemCalls

extension ContainerRuntime {
    /// Sends a signal to a container's first process, or with `all` to every process of the container. SIGKILL is for every
    /// one, as with runc: the kernel sees to that in a pid namespace of the container's own, and only there.
    ///
    /// Errors: `container not running`, which container managers look for.
    public func kill(_ id: String, signal: Int32, all: Bool) throws(RuntimeFailure) {
        let state = try record(of: id)
        let cgroup = try state.openCgroup()
        let pidfd = try state.openProcess()
        let isForAll =
            switch pidfd {
            case .some: signal == Signal.kill && (try? hasOwnProcessNumbers(id)) == false
            // Processes may outlive the first one where it has no pid namespace of its own.
            case .none: signal == Signal.kill
            }
        if all || isForAll, let cgroup {
            guard try !processes(of: id).isEmpty else { throw Self.notRunning(id) }
            do throws(CgroupError) { return try cgroup.signalAll(signal) } catch { throw RuntimeFailure(error) }
        }
        guard let pidfd else { throw Self.notRunning(id) }
        do throws(SystemCallError) { try Processes.signal(pidfd.rawValue, signal) } catch {
            if error.errno == .noSuchProcess { throw Self.notRunning(id) }
            throw RuntimeFailure(.system, "container \(id): \(error)")
        }
        // A stopped process ends only when it goes on.
        if signal == Signal.kill, let cgroup, cgroup.isFrozen { try? cgroup.thaw() }
    }

    /// Whether the container has a pid namespace that was made for it.
    private func hasOwnProcessNumbers(_ id: String) throws(RuntimeFailure) -> Bool {
        guard let directory = try store().find(id) else { throw Self.unknown(id) }
        let document = try BundleDocument(bundle: "/", bytes: directory.configuration())
        return NamespacePlan(document.configuration.linux).new.contains(.pid)
    }

    static func notRunning(_ id: String) -> RuntimeFailure {
        RuntimeFailure(.wrongState, "container not running: \(id)")
    }
}

extension RuntimeFailure {
    /// What to say of a failure when the container was running at first: that it isn't any more, if that is so. The kernel says
    /// which file or process it missed.
    func unlessEnded(_ state: BundleState) -> RuntimeFailure {
        [.system, .refused].contains(kind) && state.status == .stopped ? ContainerRuntime.notRunning(state.id) : self
    }
}
