import Cgroups
import ContainerLifecycle
import ContainerMounts
import JSON
import OCISpec
import SystemCalls

/// The runtime's side of making a container: everything up to a first process that waits to be started.
///
/// Each thing is on record before it is made, and an error takes back all that was.
final class ContainerMaking {
    let runtime: ContainerRuntime
    let plan: ContainerPlan
    let joined: OpenedNamespaces
    private let store: BundleStore
    let directory: ContainerDirectory
    private(set) var state: BundleState
    var cgroup: ContainerCgroup?
    /// For a container that is started by us, and whose word a service manager waits for.
    private(set) var notify: NotifySocket?
    private var resourceControl: ResourceControlGroup?
    var process: Int32?
    /// Whether hooks have seen the container: then those of `poststop` see it as well.
    var ranHooks = false

    /// Puts the container on record.
    init(_ runtime: ContainerRuntime, _ plan: ContainerPlan) throws(RuntimeFailure) {
        self.runtime = runtime
        self.plan = plan
        joined = try OpenedNamespaces(plan.namespaces)
        runtime.beforeMaking?()
        state = BundleState(
            id: plan.id, bundle: plan.bundle, rootfs: plan.rootfs, version: plan.configuration.version,
            annotations: plan.configuration.annotations, isWasm: plan.isWasm,
            hasHooks: plan.configuration.hooks != RuntimeHooks(), owner: Processes.effectiveUser,
            created: Clocks.now(.realtime))
        state.creator = .current
        state.keepsKeyring = plan.request.keepsKeyring
        if let asked = plan.configuration.linux.intelRdt {
            do throws(CgroupError) {
                resourceControl = try ResourceControlGroup(asked, id: plan.id, root: ResourceControlGroup.root)
            } catch { throw RuntimeFailure(error) }
            state.resourceControl = resourceControl?.json
        }
        store = try runtime.store()
        directory = try store.begin(plan.id)
    }

    /// What a started container is waited for by.
    struct Made: ~Copyable {
        let process: ChildProcess
        let channel: InitChannel
        /// The master of the container's terminal, for a runtime that serves it itself.
        var terminal: OwnedDescriptor?
    }

    /// Makes everything up to the first process.
    ///
    /// - Parameter startsNow: the first process is started by us at once, instead of by `start`.
    func make(startsNow: Bool) throws(RuntimeFailure) -> Made {
        do throws(RuntimeFailure) {
            if plan.isAwaited { try makeNotifySocket(startsNow: startsNow) }
            let pidfdSocket = try PidfdSocket(plan.request.pidfdSocket)
            let begun = try begin(listens: !startsNow)
            // On record while it builds its root: whoever looks for it later finds it, whatever becomes of us.
            try identify(begun.process.number)
            try joinResourceControl()
            try giveGroupAway()
            try accompany(begun.channel)
            if let path = plan.request.pidFile { try PidFile.write(begun.process.number, to: path) }
            if !startsNow { try record(.created) }
            try pidfdSocket?.send(begun.process, .first)
            begun.channel.send(.recorded(process: begun.process.number, startsNow: startsNow))
            // It goes on meanwhile.
            if startsNow { try record(.started) }
            plan.trace.mark("recorded")
            let terminal = try begun.connections.receiveTerminal()
            return Made(process: begun.process, channel: begun.channel, terminal: terminal)
        } catch {
            undo()
            throw error
        }
    }

    private func makeNotifySocket(startsNow: Bool) throws(RuntimeFailure) {
        try NotifySocket.makeFolder(in: directory)
        if startsNow, !plan.isWasm { notify = try NotifySocket(directory) }
    }

    /// A first process that is at work, with what it inherited.
    private struct Begun: ~Copyable {
        let connections: ContainerConnections
        let process: ChildProcess
        let channel: InitChannel
    }

    /// Makes the groups and the first process: at the same time, if they allow it.
    private func begin(listens: Bool) throws(RuntimeFailure) -> Begun {
        var early: Begun?
        try makeCgroup { expected throws(RuntimeFailure) in
            if mayBegin(before: expected) { early = try begin(inGroups: false, listens: listens) }
        }
        plan.trace.mark("cgroup")
        guard let early = early.take() else { return try begin(inGroups: true, listens: listens) }
        try admit(early.channel)
        return early
    }

    private func begin(inGroups: Bool, listens: Bool) throws(RuntimeFailure) -> Begun {
        let connections = try ContainerConnections(plan, directory, store: try? runtime.imageStore(), listens: listens)
        let spawned = try spawn(connections, inGroups: inGroups)
        return Begun(connections: connections, process: spawned.process, channel: spawned.channel)
    }

    /// Whether the first process may build its root before it is in its groups: a guest's root takes no memory of the
    /// container's, and no device is made in it. In groups of version 2 a process begins, since entering them later takes
    /// milliseconds; and those that systemd makes it makes of a process.
    private func mayBegin(before groups: ContainerCgroup) -> Bool {
        let namespaces = plan.namespaces
        return plan.isWasm && plan.mounts.mounts.allSatisfy(\.isBind) && plan.configuration.hooks == RuntimeHooks()
            && plan.configuration.linux.netDevices.isEmpty && !namespaces.hasUser && !namespaces.needsStep
            && !namespaces.new.contains(.cgroup) && runtime.settings.cgroupDriver == .filesystem && !groups.isEmpty
            && groups.unifiedDirectory == nil && groups.groups.count <= InitChannel.groupLimit
    }

    /// Lets a process in that began before its groups were made.
    private func admit(_ channel: borrowing InitChannel) throws(RuntimeFailure) {
        guard let cgroup else { return channel.send(.groups) }
        do throws(CgroupError) {
            guard let entrances = try cgroup.openEntrancesForAnother() else {
                throw CgroupError("they can't be entered by the process itself")
            }
            channel.send(.groups, descriptors: entrances.descriptors())
        } catch { throw RuntimeFailure(error) }
    }

    /// - Parameter afterRecord: called when the container is on record and none of its groups is made yet.
    private func makeCgroup(
        _ afterRecord: (ContainerCgroup) throws(RuntimeFailure) -> Void
    ) throws(RuntimeFailure) {
        guard let driver = runtime.settings.cgroupDriver else { return try appear() }
        var failure: RuntimeFailure?
        do throws(CgroupError) {
            let made = try ContainerCgroup.create(
                path: plan.configuration.linux.cgroupsPath, id: plan.id, driver: driver,
                resources: plan.configuration.linux.resources, rootless: runtime.isRootless,
                annotations: plan.configuration.annotations
            ) { expected throws(CgroupError) in
                state.cgroup = expected.json
                do throws(RuntimeFailure) {
                    try appear()
                    try afterRecord(expected)
                } catch {
                    failure = error
                    throw CgroupError("\(error)")
                }
            }
            // Without privileges there may be none.
            cgroup = made.isEmpty ? nil : made
            state.cgroup = cgroup?.json
        } catch { throw failure ?? RuntimeFailure(error) }
    }

    /// From here on others see the container.
    private func appear() throws(RuntimeFailure) {
        try directory.create(state, configuration: plan.document.bytes)
        if !hasUsualGroups { directory.remember(state.cgroup) }
        try store.publish(plan.id)
    }

    /// Whether the id tells where they are.
    private var hasUsualGroups: Bool {
        runtime.settings.cgroupDriver == .filesystem && !runtime.isRootless
            && plan.configuration.linux.cgroupsPath?.isEmpty ?? true
    }

    private func joinResourceControl() throws(RuntimeFailure) {
        guard let resourceControl, let asked = plan.configuration.linux.intelRdt, let process else { return }
        do throws(CgroupError) { try resourceControl.make(asked, process: process) } catch {
            throw RuntimeFailure(error)
        }
    }

    /// Puts the first process on record.
    private func identify(_ process: Int32) throws(RuntimeFailure) {
        guard let identity = ProcessIdentity(living: process) else {
            // What it said tells why, if it said anything.
            return
        }
        state.process = identity
        try directory.write(state)
    }

    private func record(_ phase: BundleState.Phase) throws(RuntimeFailure) {
        guard state.process != nil else {
            throw RuntimeFailure(.system, "the container's first process ended while it was being set up")
        }
        state.phase = phase
        try directory.write(state)
    }

    /// Removes the container, whose first process has been reaped; nothing is done when somebody else did.
    func remove() throws(RuntimeFailure) {
        guard let directory = try store.lock(plan.id), let found = try directory.state(),
            found.process == state.process
        else { return }
        try BundleRemoval(directory: directory, state: state).finish(store, warn: runtime.warn)
    }

    /// Takes back what was made.
    private func undo() {
        if let process {
            try? Processes.kill(process, Signal.kill)
            _ = try? Processes.wait(for: process)
        }
        if let cgroup {
            try? cgroup.kill()
            try? cgroup.delete()
        }
        try? resourceControl?.remove()
        try? store.takeBack(plan.id, directory)
        if ranHooks {
            _ = HookRunner(plan.configuration.hooks).runAll(.poststop, state: state.document(.stopped).json.bytes())
        }
    }
}
