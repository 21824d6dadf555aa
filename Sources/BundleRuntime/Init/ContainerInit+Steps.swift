import ContainerLifecycle
import ContainerMounts
import FieldErrors
import JSON
import OCISpec
import ProcessSettings
import SystemCalls
import WasmWorkload

// The parts of the set-up, in the order in which they are done.

extension ContainerInit {
    /// The hooks between the mounts and the change of root: the runtime's outside, then the container's here. Before them the
    /// runtime moves network devices.
    ///
    /// - Parameter root: of the container's tree, in which the container's hooks stand, as with runc.
    func runHooks(_ channel: borrowing InitChannel, root: Int32) throws(RuntimeFailure) {
        let hooks = plan.configuration.hooks
        guard
            !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty || !hooks.createContainer.isEmpty
                || !plan.configuration.linux.netDevices.isEmpty
        else { return }
        channel.send(.mounted)
        guard case .hooksDone(let process) = channel.receive() else { Processes.exit(1) }
        guard !hooks.createContainer.isEmpty else { return }
        try step("root.path") { () throws(SystemCallError) in try Confinement.changeDirectory(to: root) }
        do throws(HookError) {
            try HookRunner(hooks).run(.createContainer, state: state(process, .created))
        } catch { throw RuntimeFailure(error) }
        plan.trace.mark("hooks")
    }

    /// What hooks read.
    func state(_ process: Int32, _ status: OCIState.Status) -> [UInt8] {
        var state = state
        state.pid = process
        state.status = status
        return state.json.bytes()
    }

    /// Makes the container's terminal, hands its master over, and takes the slave as standard streams.
    ///
    /// A guest's container has no devpts of its own: its terminal is one of the host's.
    ///
    /// - Parameter root: of the container's tree.
    /// - Returns: the slave, which is descriptor 0 by then.
    func openTerminal(root: Int32) throws(RuntimeFailure) -> Int32? {
        guard plan.hasTerminal, let console = sources.connections.console else { return nil }
        do throws(SystemCallError) {
            let pair = plan.isWasm ? try Terminals.open() : try ContainerTerminal.open(root: root)
            try ContainerTerminal.prepare(
                pair.master.rawValue, plan.configuration.process?.consoleSize,
                isServedByUs: plan.request.consoleSocket == nil)
            try LocalSockets.send(console, Array("/dev/ptmx".utf8), descriptors: [pair.master.rawValue])
            try ContainerTerminal.take(pair.slave.rawValue)
            return 0
        } catch { throw RuntimeFailure(.refused, "process.terminal: \(error)") }
    }

    /// Inside of the root: protects what the configuration protects, and makes the program or the guest ready.
    func settle(
        _ files: consuming ProcessFileSystem, _ channel: borrowing InitChannel
    ) throws(RuntimeFailure) -> Prepared {
        do throws(FieldError) {
            if !plan.parameters.isEmpty { try plan.parameters.apply(files) }
        } catch { throw RuntimeFailure(error) }
        do throws(FieldError) {
            try ContainerRoot.protect(plan.mounts)
            if !plan.isWasm { try ContainerRoot.reopenNullStreams() }
        } catch { throw RuntimeFailure(error) }
        plan.trace.mark("protected")
        guard let settings = plan.settings else { return .nothing }
        if !plan.namespaces.hasUser {
            // Late: limits hold for what this process itself still does.
            do throws(FieldError) {
                for warning in try settings.applyEarly(files, waits: true) { channel.send(.warning(warning)) }
            } catch { throw RuntimeFailure(error) }
        }
        if let guest = plan.guest {
            let tree = try treeWithoutProcesses()
            let ready = try ContainerGuest(
                guest, isFirstOfNamespace: plan.namespaces.new.contains(.pid), settings, files, tree: tree,
                emptyDirectory: sources.connections.emptyDirectory, isJoinable: plan.namespaces.ownerJoins)
            plan.trace.mark("guest")
            return .guest(ready)
        }
        let program = NativeProgram(settings, files)
        try program.enter(plan.configuration.process?.workingDirectory ?? "/", makes: true)
        do throws(FieldError) {
            // Told now, not only when it is started: container managers expect it of `create`.
            _ = try settings.prepareProgram()
        } catch { throw RuntimeFailure(error) }
        return .native(program)
    }

    /// Where somebody may look for the guest's processes: in a container that is made to be managed (`create`). Who runs one in the
    /// foreground looks at what he runs, and has no time for it: it takes 0.1 ms.
    private func treeWithoutProcesses() throws(RuntimeFailure) -> OwnedDescriptor? {
        guard sources.connections.listener != nil, plan.mounts.hidesProcesses, plan.namespaces.new.contains(.pid),
            !plan.isRootless
        else { return nil }
        do throws(SystemCallError) { return try ContainerRoot.hideProcesses() } catch {
            throw RuntimeFailure(.system, "mounts: /proc beside the guest: \(error)")
        }
    }
}
