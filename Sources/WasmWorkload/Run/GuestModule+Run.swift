import ContainerLifecycle
import HostCapabilities
import Sandbox
import SystemCalls
import WASIPreview1
import WasmEngine

extension GuestModule {
    /// Confines this process, which must be the workload's own, and runs the guest to its end.
    ///
    /// - Parameters:
    ///   - channel: hears that the guest starts, or why it can't.
    ///   - emptyDirectory: a path for the empty directory that becomes the process's root (`SandboxPolicy`).
    /// - Returns: the exit status. How the guest failed has been written to standard error.
    public func run(_ channel: consuming StartChannel, emptyDirectory: String?) -> Int32 {
        var policy = workload.sandbox(threads: threads.spawnsThreads, sockets: usesSockets)
        policy.keepDescriptors.append(channel.rawValue)
        if let file = prepared.module.fileDescriptor { policy.keepDescriptors.append(file) }
        policy.diesWithParent = channel.parent
        policy.emptyDirectory = emptyDirectory.map { .path($0) } ?? .none
        return run(policy, channel)
    }

    /// Confines a container's first process and runs the guest to its end.
    ///
    /// - Parameters:
    ///   - channel: as above.
    ///   - emptyDirectory: opened for the process's root; nil mounts one.
    ///   - keeping: descriptors that the next two need, and close.
    ///   - identity: becomes whom the container's configuration names (`SandboxPolicy.apply`).
    ///   - beforeFilter: installs the configuration's own filter of system calls.
    ///   - rests: whether that filter leaves the guest the call by which it gives back memory.
    ///   - memoryLimits: see `GuestOutcome`.
    public func runInContainer(
        _ channel: consuming StartChannel, emptyDirectory: Int32?, keeping: [Int32],
        identity: @escaping () throws(SandboxError) -> Void,
        beforeFilter: (() throws(SandboxError) -> Void)?, rests: Bool, memoryLimits: String?
    ) -> Int32 {
        var policy = workload.sandbox(threads: threads.spawnsThreads, sockets: usesSockets)
        policy.keepDescriptors.append(channel.rawValue)
        if let file = prepared.module.fileDescriptor { policy.keepDescriptors.append(file) }
        policy.keepDescriptors += keeping
        policy.emptyDirectory = emptyDirectory.map { .opened($0) } ?? .none
        policy.fileModeMask = nil
        policy.user = nil
        return run(
            policy, channel, identity: identity, beforeFilter: beforeFilter, rests: rests, memoryLimits: memoryLimits)
    }

    private func run(
        _ policy: SandboxPolicy, _ channel: consuming StartChannel,
        identity: (() throws(SandboxError) -> Void)? = nil, beforeFilter: (() throws(SandboxError) -> Void)? = nil,
        rests: Bool = true, memoryLimits: String? = nil
    ) -> Int32 {
        do {
            // The pipes or the terminal of this process; inside the sandbox they can't be told apart any more.
            try context.examineStreams()
            // What it lacks has been told before the fork: `WorkloadPlan.sandboxNotes`.
            _ = try policy.apply(identity: identity, beforeFilter: beforeFilter)
        } catch { return channel.failed("the sandbox can't be set up: \(error)") }
        channel.succeeded()
        if rests { allowRests() }
        do throws(EngineError) {
            try callEntryPoint()
            return 0
        } catch { return GuestOutcome(error, memoryLimits: memoryLimits).report() }
    }

    /// A guest that waits for long gives back memory. Other threads than the one that waits need the engine's tables.
    private func allowRests() {
        context.rests.allow(
            prepared.module.cleanPages.map { [$0] } ?? [], sleep: threads.spawnsThreads ? nil : .ofEngine)
    }

    private func callEntryPoint() throws(EngineError) {
        let store = try Store(prepared.module.engine, limits: limits)
        let instance = try prepared.instantiate(in: store)
        switch workload.plan.entryPoint {
        case .start: try instance.call("_start")
        case .export(let name):
            // A reactor's state is made by this export, before any other is called.
            if let initialize = try instance.functionIfPresent("_initialize") { _ = try initialize.call() }
            let results = try instance.function(name).call(parsing: Array(workload.plan.arguments.dropFirst()))
            let text = results.map { "\($0)\n" }.joined()
            // With the stream gone there is nobody to tell.
            try? Files.writeAll(1, Array(text.utf8))
        }
    }
}
