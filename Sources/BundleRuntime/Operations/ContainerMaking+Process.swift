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
    func spawn(
        _ connections: ContainerConnections, inGroups: Bool
    ) throws(RuntimeFailure) -> ContainerSpawn.Spawned {
        let namespaces = plan.namespaces
        // A process that has joined a user namespace may not enter the group of version 2 by itself: we put it there.
        let entry = try GroupEntry(
            inGroups ? cgroup : nil, inUnified: !namespaces.joined.contains { $0.kind == .user })
        let mountSources = try openMountSources()
        let sources = ContainerInit.Sources(
            mounts: mountSources, connections: connections, entry: entry,
            // Nothing of it may come before the word of the process between, which tells its number.
            waitsForGo: entry.needsRuntime || namespaces.hasUser || namespaces.needsStep, entersLater: !inGroups)
        let first = ContainerInit(plan: plan, sources: sources, state: state.document(.creating))
        let linux = plan.configuration.linux
        let spawn = ContainerSpawn(
            namespaces: namespaces, joined: joined,
            mappings: UserMappings(users: linux.uidMappings, groups: linux.gidMappings), cgroup: entry.directory)
        plan.settings?.prepare(for: namespaces)
        let spawned = try spawn.spawn { channel in first.run(channel) }
        process = spawned.process.number
        // It has them now. Hooks, among others, have our limits.
        do throws(SystemCallError) { try mountSources.close() } catch { throw RuntimeFailure(.system, "\(error)") }
        plan.trace.mark("cloned")
        try spawn.map(spawned.process.number)
        if sources.waitsForGo {
            try entry.put(spawned.process.number)
            if inGroups { cgroup = entry.cgroup }
            plan.trace.mark("in its group")
            spawned.channel.send(.go)
        }
        return spawned
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
                // Last, since they hold for what it does from then on.
                try plan.settings?.apply(to: process ?? 0, in: plan.namespaces, waits: true, warn: runtime.warn)
                return
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
