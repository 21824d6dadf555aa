import Cgroups
import ContainerLifecycle
import JSON
import OCISpec
import SystemCalls

/// Removes all that belongs to a container. Its lock is held.
struct BundleRemoval: ~Copyable {
    private let cgroup: ContainerCgroup?
    private let state: BundleState
    private let hooks: RuntimeHooks

    /// How long a killed process may take to end, in nanoseconds: what it does in the kernel ends first.
    private static let patience: UInt64 = 10_000_000_000

    private static let briefly: UInt64 = 200_000_000

    init(directory: borrowing ContainerDirectory, state: BundleState) throws(RuntimeFailure) {
        self.state = state
        cgroup = try state.openCgroup()
        // Whoever died before the configuration was kept had run none.
        hooks = (try? ContainerRuntime.hooks(state, directory)) ?? RuntimeHooks()
    }

    /// Kills every process of the container, and waits until they are gone.
    func kill() throws(RuntimeFailure) {
        if let pidfd = try state.openProcess() {
            // A stopped process hears nothing before it goes on.
            if let cgroup, cgroup.isFrozen {
                try? Processes.signal(pidfd.rawValue, Signal.kill)
                try? cgroup.thaw()
            }
            try? Processes.signal(pidfd.rawValue, Signal.kill)
            if try !Self.wait(pidfd, state.id, Self.briefly) {
                // Somebody moved it to a group that is frozen.
                if let number = state.process?.number { try? ContainerCgroup.thaw(groupOf: number) }
                guard try Self.wait(pidfd, state.id, Self.patience) else {
                    throw RuntimeFailure(
                        .system, "container \(state.id): its process doesn't end although it was killed")
                }
            }
        }
    }

    /// - Returns: whether it ended.
    private static func wait(
        _ pidfd: borrowing OwnedDescriptor, _ id: String, _ patience: UInt64
    ) throws(RuntimeFailure) -> Bool {
        var requests = [PollRequest(pidfd.rawValue, .readable)]
        do throws(SystemCallError) { return try Poll.wait(&requests, timeout: patience) > 0 } catch {
            throw RuntimeFailure(.system, "container \(id): \(error)")
        }
    }

    /// Removes what is left once the first process has ended, then the record, and runs the hooks of the end.
    func finish(_ store: borrowing BundleStore, warn: (String) -> Void) throws(RuntimeFailure) {
        if let cgroup {
            do throws(CgroupError) {
                if !cgroup.removeIfEmpty() {
                    try cgroup.kill(ignoring: Set(state.process.map { [$0.number] } ?? []))
                }
                try cgroup.delete()
            } catch { throw RuntimeFailure(error) }
        }
        let resourceControl = try state.openResourceControl()
        do throws(CgroupError) { try resourceControl?.remove() } catch { warn("\(error)") }
        // First, as the specification has it, so that a hook which never ends keeps no container: whoever deletes it again finds
        // nothing. What such a hook needs it has.
        try store.remove(state.id)
        // Their failures are warnings.
        for failure in HookRunner(hooks).runAll(.poststop, state: state.document(.stopped).json.bytes()) {
            warn("\(failure)")
        }
    }
}
