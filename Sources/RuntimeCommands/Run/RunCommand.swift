import ContainerLifecycle
import Sandbox
import SystemCalls
import WasmEngine
import WasmWorkload

/// `martlet run`: from the words to the guest's exit status.
enum RunCommand {
    static func run(_ words: [String]) throws -> Int32 {
        var settings = RunSettings()
        let operands = try RunSettings.table.parse(words, into: &settings)
        guard let operand = operands.first else {
            throw UsageError("run needs an image, a layout, an archive, a bundle or a .wasm file", verb: "run")
        }
        settings.request.arguments = Array(operands.dropFirst())
        let planned = try RunSource(operand).plan(settings)
        let module = try ModuleLookup(settings.common).module(of: planned.plan)
        if settings.detach { return try Background.start(planned, module, settings) }
        return try inForeground(planned, module, settings)
    }

    private static func inForeground(
        _ planned: borrowing PlannedRun, _ module: Module, _ settings: RunSettings
    ) throws(CommandFailure) -> Int32 {
        let plan = planned.plan
        let own = try OwnDirectories(for: plan, settings.common)
        defer { own.remove() }
        let guest = try GuestLaunch.prepare(plan, module, layer: own.layer)
        let foreground = Foreground(
            timeout: plan.limits.timeout.map { .milliseconds($0) }, terminal: plan.hasTerminal,
            interactive: settings.interactive, cgroup: own.cgroup)
        let exit = try CommandFailure.wrapping { () throws(LifecycleError) in
            try foreground.run { guest.run($0) }
        }
        if let explanation = exit.explanation { Diagnostics.report("\(planned.imageName): \(explanation)") }
        return exit.status
    }
}

/// What a workload has on the host for its own use, and what has to go with it.
struct OwnDirectories {
    let id: ContainerID
    /// The writable layer over a shared root.
    let layer: String?
    let cgroup: Cgroup?

    init(for plan: WorkloadPlan, _ common: CommonSettings) throws(CommandFailure) {
        let id = try CommandFailure.wrapping { () throws(SystemCallError) in try ContainerID.random() }
        self.id = id
        var layer: String?
        if let root = plan.root, root.isShared, !root.isReadOnly {
            let containers = "\(try common.storeRoot())/containers"
            let path = "\(containers)/\(id)"
            layer = path
            try CommandFailure.wrapping { () throws(SystemCallError) in try Self.makeLayer(path, in: containers) }
        }
        self.layer = layer
        cgroup = try Self.cgroup(id, plan.limits)
    }

    private static func makeLayer(_ path: String, in containers: String) throws(SystemCallError) {
        do throws(SystemCallError) { try Files.makeDirectory(path, mode: 0o700) } catch {
            guard error.errno == .noSuchFile else { throw error }
            do throws(SystemCallError) { try Files.makeDirectory(containers, mode: 0o700) } catch {
                if error.errno != .exists { throw error }
            }
            try Files.makeDirectory(path, mode: 0o700)
        }
    }

    /// The engine bounds the guest's own memory in any case; the group bounds the whole process.
    private static func cgroup(_ id: ContainerID, _ limits: WorkloadPlan.Limits) throws(CommandFailure) -> Cgroup? {
        let wanted = CgroupLimits(
            memory: limits.memory.map { $0.addingReportingOverflow(hostMemory).partialValue },
            milliCPUs: limits.processors.map { UInt32(clamping: $0) })
        guard !wanted.isEmpty else { return nil }
        do throws(CgroupError) { return try Cgroup.create(name: id.text, limits: wanted) } catch {
            // Memory is bounded by the engine too; processors aren't.
            if limits.processors == nil { return nil }
            throw CommandFailure("\(error)")
        }
    }

    /// What the engine and the runtime use beside the guest's memory, in bytes.
    private static let hostMemory: UInt64 = 16 << 20

    func remove() {
        cgroup?.remove()
        if let layer { try? TreeRemoval.remove(layer) }
    }
}

/// The last step before a fork, the same in the foreground and in the background.
enum GuestLaunch {
    static func prepare(_ plan: WorkloadPlan, _ module: Module, layer: String?) throws(CommandFailure) -> GuestModule {
        do throws(WorkloadError) {
            return try GuestModule(module, OpenedWorkload(opening: plan, containerDirectory: layer))
        } catch { throw CommandFailure(error) }
    }
}

extension CommandFailure {
    init(_ error: WorkloadError) {
        let status: Int32 =
            switch error.kind {
            case .setup: 125
            case .cannotRun: Self.cannotRun
            case .notFound: Self.notFound
            }
        self.init(error.description, status: status)
    }
}
