import Cgroups
import ContainerLifecycle
import ContainerMounts
import FieldErrors
import OCISpec
import ProcessSettings
import Sandbox
import SystemCalls
import WasmEngine

/// The life of a container's first process, from the clone to the program or the guest.
///
/// It is in the container's namespaces from the beginning, has one thread, and ends by `Never`.
struct ContainerInit {
    let plan: ContainerPlan
    let sources: Sources
    /// The state that hooks read, but for the process's number.
    let state: OCIState

    /// What the process has from its creator.
    struct Sources {
        /// Binds and the root, opened outside of the user namespace.
        let mounts: MountSourcesBox
        let connections: ContainerConnections
        let entry: GroupEntry
        /// Whether the creator has to do something for us before we go on.
        let waitsForGo: Bool
        /// The control groups are made while we build the root: their files come by the connection.
        let entersLater: Bool
    }

    /// Opened by the creator, who closes them when they are inherited; used and closed by the first process.
    final class MountSourcesBox {
        private(set) var sources: MountSources
        private let room: DescriptorRoom

        init(_ sources: consuming MountSources, _ room: DescriptorRoom) {
            self.sources = sources
            self.room = room
        }

        /// Closes all of them in this process, which has its own limit of descriptors from then on.
        func close() throws(SystemCallError) {
            sources = MountSources()
            try room.giveBack()
        }
    }

    func run(_ channel: consuming InitChannel) -> Never {
        let prepared: Prepared
        plan.trace.beginAnew()
        do throws(RuntimeFailure) {
            try begin(channel)
            prepared = try prepare(channel)
        } catch {
            channel.send(.failed(error))
            Processes.exit(1)
        }
        endWhenStopped()
        channel.send(.ready(trace: plan.trace.text))
        guard case .recorded(let process, let startsNow) = channel.receive() else { Processes.exit(1) }
        if startsNow { finish(prepared, process: process, channel.takeSocket().release()) }
        _ = consume channel
        finish(prepared, process: process, waitForStart())
    }

    /// What is ready to be started.
    enum Prepared {
        case nothing
        case native(NativeProgram)
        case guest(ContainerGuest)
    }

    /// Until the process is mapped, and in its control group.
    private func begin(_ channel: borrowing InitChannel) throws(RuntimeFailure) {
        try step("starting") { () throws(SystemCallError) in
            // Nobody who shares a namespace with us may look into this process, which has the host's files open.
            if !plan.namespaces.hasUser { try Confinement.refuseTracing() }
            // Taken back before the creator ends; until then nothing of us may stay when it is killed.
            try Confinement.dieWithParent()
        }
        try sources.entry.enter()
        try step("closing descriptors") { () throws(SystemCallError) in
            try sources.connections.closeOthers(
                but: [channel.rawValue] + sources.mounts.sources.descriptors, guest: plan.guest,
                preserved: plan.preserved)
        }
        if !sources.entersLater { try useProcessors() }
        if sources.waitsForGo {
            guard channel.receive() == .go else { Processes.exit(1) }
        }
        plan.trace.mark("go")
        guard plan.namespaces.hasUser else { return }
        try step("linux.uidMappings") { () throws(SystemCallError) in
            try UserNamespaceRoot.become()
            try Confinement.dieWithParent()
        }
    }

    /// The processors that the groups allow, whatever the runtime itself is bound to.
    private func useProcessors() throws(RuntimeFailure) {
        do throws(FieldError) { try plan.settings?.scheduling.applyFinalAffinity(to: 0) } catch {
            throw RuntimeFailure(error)
        }
    }

    /// Before anything that limits hold for, and anything of the image's, is done.
    private func enterGroups(_ channel: borrowing InitChannel) throws(RuntimeFailure) {
        guard let files = channel.receiveGroups() else { Processes.exit(1) }
        try step("control groups") { () throws(SystemCallError) in try CgroupEntrances.enter(files.numbers) }
        try useProcessors()
        plan.trace.mark("groups")
    }

    private func prepare(_ channel: borrowing InitChannel) throws(RuntimeFailure) -> Prepared {
        try step("session") { () throws(SystemCallError) in try Sessions.create() }
        if !plan.request.keepsKeyring {
            do throws(SystemCallError) { try Processes.joinSessionKeyring("_ses.\(plan.id)") } catch {
                // A kernel without keyrings has none to protect.
                guard error.errno == .notImplemented else {
                    throw RuntimeFailure(
                        .system, "session keyring: \(error); with --no-new-keyring the container keeps the caller's")
                }
            }
        }
        if plan.namespaces.new.contains(.cgroup) {
            try step("linux.namespaces") { () throws(SystemCallError) in try Namespaces.unshare(.cgroup) }
        }
        if plan.namespaces.new.contains(.network), !ReadyNetwork.isTaken {
            // Without it only what needs it fails.
            try? Namespaces.raiseLoopback()
        }
        let prepared = try buildRoot(channel)
        try step("starting") { () throws(SystemCallError) in
            if plan.namespaces.hasUser { try Confinement.refuseTracing() }
            try Processes.outliveParent()
        }
        return prepared
    }

    private func buildRoot(_ channel: borrowing InitChannel) throws(RuntimeFailure) -> Prepared {
        let files = try sources.connections.openProcessFiles()
        do throws(FieldError) { try plan.names.apply() } catch { throw RuntimeFailure(error) }
        let root = try mounted()
        try runHooks(channel, root: root.descriptor)
        let terminal = try openTerminal(root: root.descriptor)
        do throws(FieldError) {
            if let terminal, !plan.isWasm { try root.bindConsole(terminal) }
            try root.enter(plan.request.avoidsPivot ? .move : .pivot)
        } catch { throw RuntimeFailure(error) }
        plan.trace.mark("pivot")
        if sources.entersLater { try enterGroups(channel) }
        return try settle(files, channel)
    }

    /// The container's tree, not yet the process's root.
    private func mounted() throws(RuntimeFailure) -> ContainerRoot {
        do throws(FieldError) {
            var root = try ContainerRoot(plan.mounts, sources: sources.mounts.sources)
            plan.trace.mark("root")
            try root.mountAll(sources: sources.mounts.sources)
            plan.trace.mark("mounts")
            try root.makeDevices(sources: sources.mounts.sources)
            try asking("process.rlimits") { () throws(SystemCallError) in try sources.mounts.close() }
            plan.trace.mark("devices")
            return root
        } catch { throw RuntimeFailure(error) }
    }
}
