import ContainerLifecycle
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
        guard settings.name == nil || settings.detach else {
            throw UsageError("--name is for what runs in the background: add -d", verb: "run")
        }
        settings.request.arguments = Array(operands.dropFirst())
        let source = try RunSource(operand)
        let planned = try source.plan(settings)
        if settings.common.debug {
            for line in ["source: \(source)"] + planned.plan.summary { Diagnostics.report("debug: \(line)") }
        }
        let module = try module(of: planned.plan, settings)
        if settings.detach { return try Background.start(planned, module, settings) }
        return try inForeground(planned, module, settings)
    }

    private static func module(of plan: WorkloadPlan, _ settings: RunSettings) throws(CommandFailure) -> Module {
        let store = try settings.common.storeRoot()
        do throws(WorkloadError) { return try ModuleLookup(store: store).module(of: plan) } catch {
            throw CommandFailure(error)
        }
    }

    private static func inForeground(
        _ planned: borrowing PlannedRun, _ module: Module, _ settings: RunSettings
    ) throws(CommandFailure) -> Int32 {
        let plan = planned.plan
        // A signal may end us only when nothing is left behind.
        let signals = try CommandFailure.wrapping { () throws(SystemCallError) in try HeldSignals() }
        defer { signals.release() }
        let own = try WorkloadBelongings(for: plan, module, outlivesCommand: false, settings.common)
        defer { own.remove() }
        let guest = try GuestLaunch.prepare(plan, module, own)
        let foreground = Foreground(
            timeout: plan.limits.timeout.map { .milliseconds($0) }, terminal: plan.hasTerminal,
            interactive: settings.interactive, cgroup: own.cgroup)
        let exit = try CommandFailure.wrapping { () throws(LifecycleError) in
            try foreground.run(holding: signals) { guest.run($0, emptyDirectory: own.emptyDirectory) }
        }
        if let explanation = exit.explanation { Diagnostics.report("\(planned.imageName): \(explanation)") }
        return exit.status
    }
}

/// The last step before a fork, the same in the foreground and in the background.
enum GuestLaunch {
    static func prepare(_ plan: WorkloadPlan, _ module: Module, _ own: WorkloadBelongings) throws(CommandFailure)
        -> GuestModule
    {
        do throws(WorkloadError) {
            let workload = try OpenedWorkload(opening: plan, layer: own.layer)
            if let note = workload.note { Diagnostics.report("note: \(note)") }
            for note in plan.sandboxNotes { Diagnostics.report("note: \(note)") }
            return try GuestModule(module, workload)
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
