import ContainerLifecycle
import Sandbox
import SystemCalls
import WasmEngine

extension GuestModule {
    /// The status of a guest that trapped: 128 and SIGABRT, as a native program that aborts has.
    static let trapStatus: Int32 = 134

    /// Confines this process, which must be the workload's own, and runs the guest to its end.
    ///
    /// - Parameter channel: hears that the guest starts, or why it can't.
    /// - Returns: the exit status. How the guest failed has been written to standard error.
    public func run(_ channel: consuming StartChannel) -> Int32 {
        var policy = workload.sandbox(threads: startsThreads)
        policy.keepDescriptors.append(channel.rawValue)
        policy.diesWithParent = channel.parent
        do throws(SandboxError) {
            _ = try policy.apply()
        } catch { return channel.failed("the sandbox can't be set up: \(error)") }
        channel.succeeded()
        do throws(EngineError) {
            try callEntryPoint()
            return 0
        } catch { return Self.status(of: error) }
    }

    private func callEntryPoint() throws(EngineError) {
        let store = try Store(prepared.module.engine, limits: StoreLimits(memoryBytes: workload.plan.limits.memory))
        let instance = try prepared.instantiate(in: store)
        switch workload.plan.entryPoint {
        case .start: try instance.call("_start")
        case .export(let name):
            // A reactor's state is made by this export, before any other is called.
            if let initialize = try instance.functionIfPresent("_initialize") { _ = try initialize.call() }
            let results = try instance.function(name).call(parsing: Array(workload.plan.arguments.dropFirst()))
            for result in results { Self.print("\(result)\n", to: 1) }
        }
    }

    private static func status(of error: EngineError) -> Int32 {
        guard let trap = error.trap else {
            report(error.description)
            return StartChannel.failureStatus
        }
        // A guest's code is as wide as the kernel's: the low eight bits arrive.
        if let code = trap.exitCode { return code & 0xff }
        report("the guest trapped: \(trap)")
        return trapStatus
    }

    private static func report(_ message: String) { print("martlet: \(message)\n", to: 2) }

    private static func print(_ text: String, to descriptor: Int32) {
        // With the stream gone there is nobody to tell.
        try? Files.writeAll(descriptor, Array(text.utf8))
    }
}
