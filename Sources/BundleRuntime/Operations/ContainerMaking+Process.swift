import Cgroups
import ContainerLifecycle
import ContainerMounts
import FieldErrors
import JSON
import OCISpec
import ProcessSettings
import SystemCalls

// The first process: made, put into its groups, and answered until it is ready.

extension ContainerMaking {
    struct Spawned: ~Copyable {
        let process: ChildProcess
        let channel: InitChannel
    }

    func spawn(
        _ connections: borrowing InitConnections, inGroups: Bool
    ) throws(RuntimeFailure) -> Spawned {
        let group = inGroups ? try openGroup() : nil
        let groupNumber: Int32? =
            switch group {
            case .some(let group): group.rawValue
            case .none: nil
            }
        let entrances = try ContainerEntrances(inGroups ? cgroup : nil, inUnified: groupNumber != nil)
        let mountSources = try openMountSources()
        var numbers = connections.sources(mountSources)
        numbers.entrances = entrances
        numbers.entersLater = !inGroups
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
        // It has them now. Hooks, among others, have our limits.
        do throws(SystemCallError) { try mountSources.close() } catch { throw RuntimeFailure(.system, "\(error)") }
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
        let trees =
            plan.mounts.mounts.count { $0.isBind && (plan.namespaces.hasUser || $0.isMapped) }
            + (plan.namespaces.hasUser ? plan.mounts.devices.count : 0)
        let room: DescriptorRoom
        do throws(SystemCallError) { room = try DescriptorRoom(forTrees: trees) } catch {
            throw RuntimeFailure(.system, "\(error)")
        }
        do throws(FieldError) { return .init(try MountSources(for: plan.mounts), room) } catch {
            throw RuntimeFailure(error)
        }
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
    func accompany(_ channel: borrowing InitChannel) throws(RuntimeFailure) {
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
}
