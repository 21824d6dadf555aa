import Cgroups
import ContainerLifecycle
import ContainerMounts
import FieldErrors
import JSON
import OCISpec
import ProcessSettings
import SystemCalls

/// The runtime's side of making a container: everything up to a first process that waits to be started.
///
/// Each thing is on record before it is made, and an error takes back all that was.
final class ContainerMaking {
    let runtime: ContainerRuntime
    let plan: ContainerPlan
    private let joined: OpenedNamespaces
    /// Open for as long as the first process may need them, which has them from us.
    private var mountSources: ContainerInit.MountSourcesBox?
    private let store: BundleStore
    let directory: ContainerDirectory
    private(set) var state: BundleState
    private var cgroup: ContainerCgroup?
    /// For a container that is started by us, and whose word a service manager waits for.
    private(set) var notify: NotifySocket?
    private var resourceControl: ResourceControlGroup?
    private var process: Int32?
    /// Whether hooks have seen the container: then those of `poststop` see it as well.
    private var ranHooks = false

    /// Puts the container on record.
    init(_ runtime: ContainerRuntime, _ plan: ContainerPlan) throws(RuntimeFailure) {
        self.runtime = runtime
        self.plan = plan
        joined = try OpenedNamespaces(plan.namespaces)
        state = BundleState(
            id: plan.id, bundle: plan.bundle, rootfs: plan.rootfs, version: plan.configuration.version,
            annotations: plan.configuration.annotations, isWasm: plan.isWasm,
            hasHooks: plan.configuration.hooks != RuntimeHooks(), owner: Processes.effectiveUser,
            created: Clocks.now(.realtime), cgroupManager: runtime.settings.cgroupManager)
        state.creator = .current
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
            try makeCgroup()
            plan.trace.mark("cgroup")
            let connections = try InitConnections(
                plan, directory, store: try? runtime.imageStore(), listens: !startsNow)
            let pidfdSocket = try PidfdSocket(plan.request.pidfdSocket)
            let made = try spawn(connections)
            try joinResourceControl()
            try accompany(made.channel)
            try record(startsNow: startsNow)
            try pidfdSocket?.send(made.process, .first)
            made.channel.send(.recorded(process: made.process.number, startsNow: startsNow))
            plan.trace.mark("recorded")
            return try Made(
                process: made.process, channel: made.channel, terminal: connections.receiveTerminal())
        } catch {
            undo()
            throw error
        }
    }

    private func makeNotifySocket(startsNow: Bool) throws(RuntimeFailure) {
        try NotifySocket.makeFolder(in: directory)
        if startsNow, !plan.isWasm { notify = try NotifySocket(directory) }
    }

    private func makeCgroup() throws(RuntimeFailure) {
        guard runtime.settings.cgroupManager != .disabled else { return try appear() }
        var failure: RuntimeFailure?
        do throws(CgroupError) {
            let made = try ContainerCgroup.create(
                path: plan.configuration.linux.cgroupsPath, id: plan.id, driver: runtime.cgroupDriver,
                resources: plan.configuration.linux.resources, rootless: runtime.isRootless,
                annotations: plan.configuration.annotations
            ) { expected throws(CgroupError) in
                state.cgroup = expected.json
                do throws(RuntimeFailure) { try appear() } catch {
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
        runtime.settings.cgroupManager == .filesystem && !runtime.isRootless
            && plan.configuration.linux.cgroupsPath?.isEmpty ?? true
    }

    private func joinResourceControl() throws(RuntimeFailure) {
        guard let resourceControl, let asked = plan.configuration.linux.intelRdt, let process else { return }
        do throws(CgroupError) { try resourceControl.make(asked, process: process) } catch {
            throw RuntimeFailure(error)
        }
    }

    private struct Spawned: ~Copyable {
        let process: ChildProcess
        let channel: InitChannel
    }

    private func spawn(_ connections: borrowing InitConnections) throws(RuntimeFailure) -> Spawned {
        let group = try openGroup()
        let groupNumber: Int32? =
            switch group {
            case .some(let group): group.rawValue
            case .none: nil
            }
        let entrances = try ContainerEntrances(cgroup, inUnified: groupNumber != nil)
        let mountSources = try openMountSources()
        self.mountSources = mountSources
        var numbers = connections.sources(mountSources)
        numbers.entrances = entrances
        // Nothing of it may come before the word of the process between, which tells its number.
        numbers.waitsForGo = entrances == nil || plan.namespaces.hasUser || plan.namespaces.needsStep
        let first = ContainerInit(plan: plan, sources: numbers, state: state.document(.creating))
        let linux = plan.configuration.linux
        let spawn = ContainerSpawn(
            namespaces: plan.namespaces, joined: joined,
            mappings: UserMappings(users: linux.uidMappings, groups: linux.gidMappings),
            cgroup: groupNumber)
        let pair: LocalSockets.Pair
        do throws(SystemCallError) { pair = try LocalSockets.messagePair() } catch {
            throw RuntimeFailure(.system, "\(error)")
        }
        if plan.namespaces.hasUser, Processes.effectiveUser != 0 { plan.settings?.takeOutOfMemoryScore() }
        let spawned = try spawn.spawn(pair) { channel in first.run(channel) }
        process = spawned.number
        plan.trace.mark("cloned")
        try spawn.map(spawned.number)
        if numbers.waitsForGo {
            try settle(spawned.number, inUnified: groupNumber != nil, isInGroups: entrances != nil)
            spawned.channel.send(.go)
        }
        return Spawned(
            process: ChildProcess(number: spawned.number, descriptor: spawned.pidfd), channel: spawned.channel)
    }

    private func openMountSources() throws(RuntimeFailure) -> ContainerInit.MountSourcesBox {
        do throws(FieldError) { return .init(try MountSources(for: plan.mounts)) } catch { throw RuntimeFailure(error) }
    }

    /// The group of version 2, in which the process can begin.
    private func openGroup() throws(RuntimeFailure) -> OwnedDescriptor? {
        guard let path = cgroup?.unifiedDirectory else { return nil }
        // A process that has joined a user namespace may not enter it by itself: we put it there.
        guard !plan.namespaces.joined.contains(where: { $0.kind == .user }) else { return nil }
        do throws(SystemCallError) { return try Files.open(path, flags: [.readOnly, .directory]) } catch {
            throw RuntimeFailure(.system, "control groups: \(error)")
        }
    }

    /// What has to be done for the new process before it goes on.
    private func settle(_ process: Int32, inUnified: Bool, isInGroups: Bool) throws(RuntimeFailure) {
        do throws(CgroupError) {
            if !isInGroups, var cgroup {
                try cgroup.add(process: process, inUnified: inUnified)
                self.cgroup = cgroup
            }
        } catch { throw RuntimeFailure(error) }
        plan.trace.mark("in its group")
    }

    /// Limits and priorities of a process in a user namespace, which has no right to set any of them itself. Last, since they
    /// hold for what it does from then on.
    private func limit(_ process: Int32) throws(RuntimeFailure) {
        guard plan.namespaces.hasUser, let settings = plan.settings else { return }
        let files: ProcessFileSystem
        do throws(SystemCallError) { files = try ProcessFileSystem() } catch {
            throw RuntimeFailure(.system, "/proc: \(error)")
        }
        do throws(FieldError) {
            for warning in try settings.applyEarly(to: process, files) { runtime.warn(warning) }
        } catch { throw RuntimeFailure(error) }
    }

    /// Answers the first process until it is ready.
    private func accompany(_ channel: borrowing InitChannel) throws(RuntimeFailure) {
        while true {
            switch channel.receive() {
            case .mounted:
                // It is in all of its namespaces by now, and nothing of others has run in them.
                let devices = plan.configuration.linux.netDevices
                if !devices.isEmpty { try NetworkDeviceMoves(devices: devices).move(toProcess: process ?? 0) }
                try runHooks()
                channel.send(.hooksDone(process: process ?? 0))
            case .ready(let trace):
                plan.trace.mark("ready")
                plan.trace.merge(trace)
                return try limit(process ?? 0)
            case .warning(let text): runtime.warn(text)
            case .failed(let failure): throw failure
            default:
                throw RuntimeFailure(.system, "the container's first process ended while it was being set up")
            }
        }
    }

    private func runHooks() throws(RuntimeFailure) {
        guard plan.configuration.hooks != RuntimeHooks() else { return }
        ranHooks = true
        // After step 2 of the specification's life cycle.
        var document = state.document(.created)
        document.pid = process ?? 0
        let runner = HookRunner(plan.configuration.hooks)
        do throws(HookError) {
            try runner.run(.prestart, state: document.json.bytes())
            try runner.run(.createRuntime, state: document.json.bytes())
        } catch { throw RuntimeFailure(error) }
        plan.trace.mark("hooks")
    }

    private func record(startsNow: Bool) throws(RuntimeFailure) {
        state.phase = startsNow ? .started : .created
        guard let process, let identity = ProcessIdentity(living: process) else {
            throw RuntimeFailure(.system, "the container's first process ended while it was being set up")
        }
        state.process = identity
        try directory.write(state)
        if let path = plan.request.pidFile { try PidFile.write(process, to: path) }
    }

    /// Removes the container, whose first process has been reaped; nothing is done when somebody else did.
    func remove() throws(RuntimeFailure) {
        guard let directory = try store.lock(plan.id), let found = try directory.state(),
            found.process == state.process
        else { return }
        try ContainerRemoval(directory: directory, state: state).finish(store, warn: runtime.warn)
    }

    /// Takes back what was made.
    private func undo() {
        if let process {
            try? Processes.kill(process, 9)
            _ = try? Processes.wait(for: process)
        }
        if let cgroup {
            try? cgroup.kill()
            try? cgroup.delete()
        }
        try? resourceControl?.remove()
        if ranHooks {
            _ = HookRunner(plan.configuration.hooks).runAll(.poststop, state: state.document(.stopped).json.bytes())
        }
        try? store.takeBack(plan.id, directory)
    }
}
