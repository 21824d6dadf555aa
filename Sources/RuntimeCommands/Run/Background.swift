import ContainerLifecycle
import HostCapabilities
import SystemCalls
import WasmEngine
import WasmWorkload

/// `martlet run -d`: the workload goes on under a monitor when the command has ended.
enum Background {
    /// - Returns: 0, after printing the container's id.
    static func start(
        _ planned: borrowing PlannedRun, _ module: Module, _ settings: RunSettings
    ) throws(CommandFailure) -> Int32 {
        let plan = planned.plan
        let own = try WorkloadBelongings(for: plan, module, outlivesCommand: true, settings.common)
        do throws(CommandFailure) {
            let guest = try GuestLaunch.prepare(plan, module, own)
            let record = ContainerRecord(
                id: own.id, name: settings.name, image: planned.imageName, command: plan.arguments,
                ports: plan.ports.map(\.description), created: Clocks.now(.realtime), removesItself: settings.remove,
                layer: own.directory, cgroup: own.cgroup)
            try CommandFailure.wrapping { () throws(LifecycleError) in
                let state = try StateDirectory.open(path: settings.common.state)
                let detached = Detached(
                    state: state, timeout: plan.limits.timeout.map { .milliseconds($0) }, terminal: plan.hasTerminal,
                    keeps: planned.kept, sleep: .ofEngine)
                let created = try state.create(record)
                _ = try detached.launch(created) { guest.run($0, emptyDirectory: own.emptyDirectory) }
            }
        } catch {
            own.remove()
            throw error
        }
        try? Diagnostics.print(own.id.text)
        return 0
    }
}
