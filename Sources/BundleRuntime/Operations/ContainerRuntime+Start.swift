import ContainerLifecycle
import JSON
import OCISpec
import SystemCalls

extension ContainerRuntime {
    /// Starts the program or the guest of a container that was created.
    public func start(_ id: String) throws(RuntimeFailure) {
        try BundleID.check(id)
        let store = try store()
        guard let directory = try store.lock(id), var state = try directory.state() else { throw Self.unknown(id) }
        let status = state.status
        guard status == .created else {
            let reason =
                switch status {
                case .stopped: "cannot start a container that has stopped"
                case .running: "cannot start an already running container"
                case .paused: "cannot start a container in the paused state"
                case .creating, .created: "cannot start a container that isn't made yet"
                }
            throw RuntimeFailure(.wrongState, "\(reason): \(id)")
        }
        let isAwaited = NotifySocket.isAwaited(directory)
        let notify = isAwaited && !state.isWasm ? try NotifySocket(directory) : nil
        let connection: OwnedDescriptor
        do throws(SystemCallError) { connection = try directory.connect() } catch {
            throw RuntimeFailure(.system, "container \(id): its first process doesn't answer: \(error)")
        }
        // On record first: whoever looks from now on may find it running.
        state.phase = .started
        // Who is to be ended when a hook of ours never does.
        state.creator = .current
        try directory.write(state)
        do throws(SystemCallError) {
            try LocalSockets.send(connection.rawValue, [ContainerInit.startCommand])
        } catch { throw RuntimeFailure(.system, "container \(id): its first process doesn't answer: \(error)") }
        try StartAnswer.wait(on: connection.rawValue, warn: warn)
        do throws(RuntimeFailure) { try runPoststart(state, directory) } catch {
            // The life cycle goes on with its end.
            let removal = try BundleRemoval(directory: directory, state: state)
            try removal.kill()
            try removal.finish(store, warn: warn)
            throw error
        }
        guard isAwaited else { return }
        // For as long as it takes, others may do with it what they like.
        directory.unlock()
        tellReadiness(of: state, notify)
    }

    /// Tells the service manager when the container is ready. It runs, whatever becomes of that.
    func tellReadiness(of state: BundleState, _ notify: NotifySocket?) {
        guard let number = state.process?.number else { return }
        do throws(SystemCallError) {
            guard let notify else { return try NotifySocket.tell(mainProcess: number) }
            guard let process = try state.process?.open() else { return }
            try notify.awaitReadiness(of: process, number: number)
        } catch { warn("\(NotifySocket.variable): \(error)") }
    }

    /// The hooks after the start. When one fails, the container has to be ended; by older versions of the specification it
    /// is a warning.
    func runPoststart(
        _ state: BundleState, _ directory: borrowing ContainerDirectory
    ) throws(RuntimeFailure) {
        let hooks = try Self.hooks(state, directory)
        let runner = HookRunner(hooks)
        guard RuntimeHooks.Kind.poststart.endsContainer(SpecificationVersion(state.version)) else {
            let failures = runner.runAll(.poststart, state: state.document(.running).json.bytes())
            for failure in failures { warn("\(failure)") }
            return
        }
        do throws(HookError) {
            try runner.run(.poststart, state: state.document(.running).json.bytes())
        } catch { throw RuntimeFailure(error) }
    }

    /// The hooks of the container's configuration.
    static func hooks(
        _ state: BundleState, _ directory: borrowing ContainerDirectory
    ) throws(RuntimeFailure) -> RuntimeHooks {
        guard state.hasHooks else { return RuntimeHooks() }
        let bytes = try directory.configuration()
        do throws(JSONError) { return try RuntimeConfiguration(reading: bytes).hooks } catch {
            throw RuntimeFailure(.system, "the container's configuration is damaged: \(error)")
        }
    }
}
