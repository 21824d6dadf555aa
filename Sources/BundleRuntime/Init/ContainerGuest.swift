import ContainerLifecycle
import FieldErrors
import OCISpec
import ProcessSettings
import Sandbox
import SystemCalls
import WasmEngine
import WasmWorkload

/// A wasm guest in its container, about to be run.
final class ContainerGuest {
    private let module: GuestModule
    private let timeout: UInt64?
    private let isFirstOfNamespace: Bool
    private var settings: ProcessSettings
    /// Closed when the process has become its user.
    private var files: ProcessFileSystem?
    private let emptyDirectory: Int32?
    private let isJoinable: Bool
    private let arguments: [String]
    private let tree: Int32?

    /// Opens what the guest is given. The process's root is the container's.
    ///
    /// - Parameters:
    ///   - tree: what the guest sees of that root, if that isn't all of it.
    ///   - isJoinable: `NamespacePlan.ownerJoins`.
    init(
        _ guest: GuestPlan, isFirstOfNamespace: Bool, _ settings: ProcessSettings, _ files: consuming ProcessFileSystem,
        tree: consuming OwnedDescriptor? = nil, emptyDirectory: Int32?, isJoinable: Bool
    ) throws(RuntimeFailure) {
        let root: OwnedDescriptor
        // A tree that is mounted nowhere falls apart with its descriptor.
        self.tree = tree?.release()
        do throws(SystemCallError) {
            let top = self.tree ?? Files.currentDirectory
            root = try Files.open(self.tree == nil ? "/" : ".", in: top, flags: [.readOnly, .directory])
        } catch {
            throw RuntimeFailure(.system, "root.path: \(error)")
        }
        do throws(WorkloadError) {
            module = try GuestModule(guest.module, OpenedWorkload(inContainer: guest.plan, root: root))
        } catch { throw RuntimeFailure(error) }
        timeout = guest.plan.limits.timeout
        self.isFirstOfNamespace = isFirstOfNamespace
        self.settings = settings
        self.files = consume files
        self.emptyDirectory = emptyDirectory
        self.isJoinable = isJoinable
        arguments = guest.plan.arguments
    }

    /// Signals whose effect is the end of a process, but for those that the engine handles and those nobody can. Of the
    /// real-time ones the one by which systemd's kind of init is told to end (RTMIN+3).
    private static let ending = [
        Signal.hangUp, Signal.interrupt, Signal.quit, Signal.abort, Signal.user1, Signal.user2, Signal.alarm,
        Signal.terminate, Signal.stackFault, Signal.processorTime, Signal.fileSize, Signal.virtualAlarm,
        Signal.profiling, Signal.inputOutput, Signal.power, Signal.firstRealTime + 3,
    ]

    /// Runs the guest to its end.
    ///
    /// - Returns: the exit status.
    func run(_ starter: consuming OwnedDescriptor, _ filter: FilterInstallation) -> Int32 {
        let channel = StartChannel(writer: starter, parent: nil)
        // As for a native program: not the runtime's, which tell of the host's paths.
        ProcessTitle.show(arguments)
        do throws(SystemCallError) {
            if isFirstOfNamespace { for signal in Self.ending { try Processes.exitOnSignal(signal) } }
            SignalSet.ignore(Signal.brokenPipe)
            try SignalSet([]).restore()
            if let timeout { try Processes.exit(afterMilliseconds: timeout) }
        } catch { return channel.failed("\(error)") }
        return module.runInContainer(
            channel, emptyDirectory: emptyDirectory, keeping: kept(filter),
            identity: { () throws(SandboxError) in try self.becomeUser() },
            beforeFilter: { () throws(SandboxError) in
                try self.letOwnerJoin()
                do throws(FieldError) { try filter.install(goesOn: true) } catch { throw .configuration("\(error)") }
            }, rests: filter.configuration.map { $0.leaves("madvise") && $0.leaves("mprotect") } ?? true,
            memoryLimits: settings.resourceLimits.ofMemory)
    }

    /// Gives up in a process that was forked for hooks what a guest's process doesn't have either, but for its sandbox, in
    /// which no program can be executed.
    ///
    /// - Returns: the guest's environment.
    func confineHooks(_ filter: FilterInstallation) throws(FieldError) -> [String] {
        guard let files = files.take() else { return [] }
        _ = try settings.applyIdentity(files, closesDescriptors: false)
        try filter.install(goesOn: true)
        return settings.environment.variables
    }

    /// What the last steps before the guest need, and close; and the tree, which the guest needs.
    private func kept(_ filter: FilterInstallation) -> [Int32] {
        let procfs: Int32? =
            switch files {
            case .some(let files): files.descriptor.rawValue
            case .none: nil
            }
        return [procfs, filter.connection, tree].compactMap { $0 }
    }

    private func becomeUser() throws(SandboxError) {
        guard let files = files.take() else { return }
        do throws(FieldError) {
            _ = try settings.applyIdentity(files, closesDescriptors: false)
        } catch { throw .configuration("\(error)") }
    }

    /// Lets an unprivileged user join the namespaces of his guest, for `exec`.
    ///
    /// The kernel asks for the right to trace the process. Of a program that was executed in the user namespace the namespace's
    /// owner may see everything; a guest's process is still the runtime's program, which belongs to the namespace where it was
    /// started, and only who has capabilities there may look into one that refuses. By now it is confined and holds nothing of
    /// the host's; without a core dump of it nothing else changes.
    private func letOwnerJoin() throws(SandboxError) {
        guard isJoinable else { return }
        do throws(SystemCallError) {
            try ResourceLimits.set(.coreSize, to: 0)
            try Confinement.allowTracing()
        } catch { throw .refused(step: "letting its owner join", cause: error) }
    }
}
