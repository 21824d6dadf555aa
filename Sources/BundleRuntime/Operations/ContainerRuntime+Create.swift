import Cgroups
import ContainerLifecycle
import OCISpec
import SystemCalls
import WasmWorkload

extension ContainerRuntime {
    /// Makes a container, whose first process waits for `start`.
    ///
    /// Errors: what the configuration asks for and can't be had, by its field; nothing is left of the container then.
    public func create(_ request: CreateRequest) throws(RuntimeFailure) {
        let plan = try plan(request)
        if plan.hasTerminal, request.consoleSocket == nil { throw RuntimeFailure.noConsole }
        _ = try ContainerMaking(self, plan).make(startsNow: false)
        report(plan.trace)
    }

    /// Makes and starts a container in one.
    ///
    /// - Returns: the exit status of its first process; 0 when `mode.detaches`.
    public func run(_ request: CreateRequest, _ mode: RunMode) throws(RuntimeFailure) -> Int32 {
        let plan = try plan(request)
        if mode.detaches, plan.hasTerminal, request.consoleSocket == nil { throw RuntimeFailure.noConsole }
        return try ContainerRun(self, plan, mode).run()
    }

    func plan(_ request: CreateRequest) throws(RuntimeFailure) -> ContainerPlan {
        let trace = PhaseTrace(isActive: settings.tracesPhases)
        try BundleID.check(request.id)
        let request = try request.withAbsolutePaths()
        let document = try BundleDocument.read(bundle: request.bundle, file: request.configuration)
        trace.mark("config.json")
        try settings.annotations.check(document.configuration, usesSystemd: settings.cgroupDriver == .systemd)
        guard let root = document.configuration.root else { throw RuntimeFailure(.refused, "root: is missing") }
        let rootfs = root.path.isAbsolutePath ? root.path : "\(document.bundle)/\(root.path)"
        do throws(SystemCallError) {
            guard try FileStatus.of(rootfs, followLinks: true).kind == .directory else {
                throw SystemCallError("fstatat", rootfs, .notDirectory)
            }
        } catch { throw RuntimeFailure(.refused, "root.path: \(error)") }
        var guest: GuestPlan?
        // Without privileges there may be no groups.
        let hasGroups = settings.cgroupDriver != nil && !isRootless
        if let program = try GuestProgram.find(
            document.configuration, bundle: document.bundle, rootfs: rootfs, hasGroups: hasGroups)
        {
            // Others see the guest's process, and find our file by it.
            if !NamespacePlan(document.configuration.linux).new.contains(.pid) { try SealedProgram.ensure() }
            for note in program.plan.sandboxNotes {
                if settings.requiresLandlock { throw RuntimeFailure(.refused, "--require-landlock: \(note)") }
                warn("\(note)")
            }
            guest = try GuestPlan(program, store: imageStore(), trace: trace)
        } else {
            try SealedProgram.ensure()
        }
        try refuseLimits(document.configuration.linux.resources, isGuest: guest != nil)
        // Where hooks stand. A program that begins anew takes its paths from where it was called.
        do throws(SystemCallError) { try Confinement.changeDirectory(to: document.bundle) } catch {
            throw RuntimeFailure(.refused, "the bundle: \(error)")
        }
        let notifyFolder = NotifySocket.manager.map { _ in
            "\(BundleStore.place(self.root))/\(request.id)/\(NotifySocket.folder)"
        }
        let plan = try ContainerPlan(
            document, request, guest: guest, cache: filters, isRootless: isRootless,
            notifyFolder: notifyFolder, trace: trace)
        for warning in plan.warnings { warn(warning) }
        return plan
    }

    /// Without control groups nothing keeps a limit but that of a guest's memory (`WorkloadPlan`).
    private func refuseLimits(_ resources: LinuxResources?, isGuest: Bool) throws(RuntimeFailure) {
        guard settings.cgroupDriver == nil, var resources else { return }
        if isGuest, resources.memory?.limit != nil { resources.memory = nil }
        guard let field = resources.firstLimit else { return }
        throw RuntimeFailure(.refused, "\(field): with --cgroup-manager disabled nothing keeps it")
    }

    /// A line for each phase, on standard error.
    func report(_ trace: PhaseTrace) {
        guard trace.isActive else { return }
        for line in trace.report() { try? Files.writeAll(2, Array("\(line)\n".utf8)) }
    }
}

extension CreateRequest {
    /// The same from any working directory.
    fileprivate func withAbsolutePaths() throws(RuntimeFailure) -> CreateRequest {
        var request = self
        request.bundle = try BundleDocument.absolute(bundle)
        if let path = configuration { request.configuration = try BundleDocument.absolute(path) }
        if let path = pidFile { request.pidFile = try BundleDocument.absolute(path) }
        if let path = consoleSocket { request.consoleSocket = try BundleDocument.absolute(path) }
        if let path = pidfdSocket { request.pidfdSocket = try BundleDocument.absolute(path) }
        return request
    }
}
