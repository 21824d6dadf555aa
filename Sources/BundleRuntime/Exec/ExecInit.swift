import ContainerMounts
import FieldErrors
import OCISpec
import ProcessSettings
import Sandbox
import SystemCalls
import WasmEngine

/// The life of a process that `exec` starts, from the clone to the program or the guest. It is in the container's namespaces
/// from the beginning.
struct ExecInit {
    let plan: ExecPlan
    let connections: ContainerConnections
    let entry: GroupEntry
    let mounts: ExecMounts?

    func run(_ channel: consuming InitChannel) -> Never {
        let failure: RuntimeFailure
        do throws(RuntimeFailure) {
            let process = try prepare(channel)
            let filter = FilterInstallation(
                filter: plan.seccomp, configuration: plan.configuration.linux.seccomp,
                connection: connections.seccomp, process: process, state: plan.state.document(.running))
            let files = try connections.openProcessFiles()
            if !plan.namespaces.hasUser { try limit(files, channel) }
            if let guest = plan.guest {
                let ready = try ContainerGuest(
                    guest, isFirstOfNamespace: false, plan.settings, files, emptyDirectory: connections.emptyDirectory,
                    isJoinable: plan.namespaces.ownerJoins)
                Processes.exit(ready.run(channel.takeSocket(), filter))
            }
            let program = NativeProgram(plan.settings, files)
            try program.enter(plan.process.workingDirectory, makes: false)
            channel.send(.executing)
            failure = program.execute(filter) { channel.send(.warning($0)) }
        } catch { failure = error }
        channel.send(.failed(failure))
        Processes.exit(1)
    }

    private func limit(
        _ files: borrowing ProcessFileSystem, _ channel: borrowing InitChannel
    ) throws(RuntimeFailure) {
        do throws(FieldError) {
            for warning in try plan.settings.applyEarly(files) { channel.send(.warning(warning)) }
        } catch { throw RuntimeFailure(error) }
    }

    /// - Returns: the process's number, as the runtime sees it.
    private func prepare(_ channel: borrowing InitChannel) throws(RuntimeFailure) -> Int32 {
        let hasUser = plan.namespaces.hasUser
        try step("starting") { () throws(SystemCallError) in
            if !hasUser { try Confinement.refuseTracing() }
            if !plan.request.detaches { try Confinement.dieWithParent() }
        }
        do throws(FieldError) { try plan.settings.scheduling.applyInitialAffinity(to: 0) } catch {
            throw RuntimeFailure(error)
        }
        try entry.enter()
        try step("closing descriptors") { () throws(SystemCallError) in
            try connections.closeOthers(
                but: [channel.rawValue] + (mounts?.descriptors ?? []), guest: plan.guest, preserved: plan.preserved)
        }
        guard case .recorded(let process, _) = channel.receive() else { Processes.exit(1) }
        do throws(FieldError) { try plan.settings.scheduling.applyFinalAffinity(to: 0) } catch {
            throw RuntimeFailure(error)
        }
        if hasUser {
            try step("linux.uidMappings") { () throws(SystemCallError) in
                try UserNamespaceRoot.become()
                try Confinement.refuseTracing()
            }
        }
        if let root = connections.root {
            try step("root.path") { () throws(SystemCallError) in
                try Confinement.changeDirectory(to: root)
                try Confinement.makeWorkingDirectoryTheRoot()
            }
        }
        try mounts?.make()
        if plan.guest != nil, plan.state.isWasm, plan.namespaces.rootIsOfNamespace, !hasUser {
            try step("mounts: /proc beside the guest") { () throws(SystemCallError) in
                try ContainerRoot.withoutProcesses()
            }
        }
        try step("session") { () throws(SystemCallError) in try Sessions.create() }
        joinKeyring(channel)
        try openTerminal()
        try step("starting") { () throws(SystemCallError) in try Processes.outliveParent() }
        return process
    }

    /// The keyring that the container's first process made.
    private func joinKeyring(_ channel: borrowing InitChannel) {
        guard !plan.state.keepsKeyring else { return }
        do throws(SystemCallError) { try Processes.joinSessionKeyring("_ses.\(plan.state.id)") } catch {
            if error.errno != .notImplemented {
                channel.send(.warning("session keyring: the process keeps its caller's: \(error)"))
            }
        }
    }

    private func openTerminal() throws(RuntimeFailure) {
        guard plan.process.hasTerminal, let console = connections.console else { return }
        try step("process.terminal") { () throws(SystemCallError) in
            if let hostTerminal = connections.hostTerminal {
                try send(hostTerminal.master, console)
                try ContainerTerminal.take(hostTerminal.slave)
            } else {
                let root = try Files.open("/", flags: [.path, .directory])
                let pair = try ContainerTerminal.open(root: root.rawValue)
                try send(pair.master.rawValue, console)
                try ContainerTerminal.take(pair.slave.rawValue)
            }
        }
    }

    private func send(_ master: Int32, _ console: Int32) throws(SystemCallError) {
        try ContainerTerminal.prepare(
            master, plan.process.consoleSize, isServedByUs: plan.request.consoleSocket == nil)
        try LocalSockets.send(console, Array("/dev/ptmx".utf8), descriptors: [master])
    }
}
