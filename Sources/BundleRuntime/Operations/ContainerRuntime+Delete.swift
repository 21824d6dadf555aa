import Cgroups
import ContainerLifecycle
import OCISpec
import SystemCalls

extension ContainerRuntime {
    /// Removes a container and all that belongs to it.
    ///
    /// One that was created and never started is killed. One that runs is killed with `force`; so is what a runtime that died
    /// left of one half made. With `force`, one that isn't there is no error.
    public func delete(_ id: String, force: Bool) throws(RuntimeFailure) {
        try BundleID.check(id)
        let store = try store()
        let locked = force ? try lockByForce(id, store) : try store.lock(id)
        guard let directory = locked else { return try deleteUnpublished(id, store, force: force) }
        let state: BundleState?
        do throws(RuntimeFailure) { state = try directory.state() } catch {
            guard force else { throw error }
            state = directory.earlierState()
        }
        guard let state else { return try deleteUnreadable(id, directory, store) }
        let status = state.status
        guard force || status == .stopped || status == .created else {
            throw RuntimeFailure(.wrongState, "cannot delete container \(id) that is not stopped: \(status.rawValue)")
        }
        let removal = try BundleRemoval(directory: directory, state: state)
        if status != .stopped { try removal.kill() }
        try removal.finish(store, warn: warn)
    }

    /// Removes a container of which nothing but its id and its control groups is known.
    private func deleteUnreadable(
        _ id: String, _ directory: borrowing ContainerDirectory, _ store: borrowing BundleStore
    ) throws(RuntimeFailure) {
        let cgroup: ContainerCgroup?
        switch directory.remembered() {
        case .none: cgroup = nil
        case .groups(let groups): cgroup = groups
        case .unknown: cgroup = isRootless ? nil : try? ContainerCgroup.usual(id: id)
        }
        if let cgroup, !cgroup.isEmpty {
            do throws(CgroupError) {
                // Gone already where somebody else has removed them.
                if cgroup.groups.contains(where: { (try? FileStatus.of($0.directory)) != nil }) { try cgroup.kill() }
                try cgroup.delete()
            } catch { throw RuntimeFailure(error) }
        }
        try store.remove(id)
    }

    private func deleteUnpublished(
        _ id: String, _ store: borrowing BundleStore, force: Bool
    ) throws(RuntimeFailure) {
        guard store.hasUnfinished(id) else {
            if force { return }
            throw Self.unknown(id)
        }
        guard try store.removeUnfinished(id) else {
            throw RuntimeFailure(.wrongState, "container \(id) is being made or removed by somebody else")
        }
    }

    /// How long somebody who holds a container's lock is waited for before he is killed, and after, in nanoseconds.
    private static let lockPatience: UInt64 = 10_000_000_000

    /// Whoever holds the lock for too long is killed: a hook that never ends would keep the container for good.
    private func lockByForce(
        _ id: String, _ store: borrowing BundleStore
    ) throws(RuntimeFailure) -> ContainerDirectory? {
        if let locked = try lockSoon(id, store) { return locked }
        guard try store.find(id) != nil else { return nil }
        if let state = try? store.find(id)?.state() {
            // With its first process ends whoever waits for that one's answer.
            for process in [state.creator, state.process].compactMap({ $0 }) {
                if let pidfd = try? process.open() { try? Processes.signal(pidfd.rawValue, Signal.kill) }
            }
        }
        if let locked = try lockSoon(id, store) { return locked }
        guard try store.find(id) != nil else { return nil }
        throw RuntimeFailure(
            .system, "container \(id): somebody is at work on it and doesn't end; see who has \(store.path)/\(id) open")
    }

    /// nil also when it takes too long.
    private func lockSoon(_ id: String, _ store: borrowing BundleStore) throws(RuntimeFailure) -> ContainerDirectory? {
        let start = Clocks.now(.monotonic)
        while true {
            if let locked = try store.tryLock(id) { return locked }
            guard try store.find(id) != nil, Clocks.now(.monotonic) &- start < Self.lockPatience else { return nil }
            var nothing: [PollRequest] = []
            _ = try? Poll.wait(&nothing, timeout: 10_000_000)
        }
    }
}
