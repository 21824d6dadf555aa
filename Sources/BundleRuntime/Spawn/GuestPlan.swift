import HostCapabilities
import OCISpec
import Sandbox
import SystemCalls
import WasmEngine
import WasmWorkload

/// What a wasm workload needs before it is forked: its plan, and its module, loaded.
struct GuestPlan {
    /// What the guest gets. Mounts stand in the container's tree.
    let plan: WorkloadPlan
    let module: Module

    /// Loads the module of a container's guest.
    ///
    /// - Parameter store: the image store, below which compiled modules are kept.
    init(_ program: borrowing GuestProgram, store: String, trace: PhaseTrace) throws(RuntimeFailure) {
        do throws(WorkloadError) {
            let lookup = try ModuleLookup(store: store, keepsErrors: true)
            trace.mark("engine")
            module = try lookup.module(of: program.file)
            trace.mark("module")
        } catch { throw RuntimeFailure(error) }
        var plan = program.plan
        // Inside of the root these are the image's files.
        if !plan.outbound.isEmpty { plan.names = plan.names.read }
        self.plan = plan
    }
}

/// The file of a container's guest, opened, and what the guest is to be given.
struct GuestProgram: ~Copyable {
    let plan: WorkloadPlan
    let file: ProgramFile

    /// Finds out whether a container's program is a guest (`WorkloadKind`).
    ///
    /// - Parameters:
    ///   - root: absolute.
    ///   - hasGroups: whether control groups keep the container's limits for sure.
    /// - Returns: nil for a native program.
    static func find(
        _ configuration: RuntimeConfiguration, bundle: String, rootfs root: String, hasGroups: Bool
    ) throws(RuntimeFailure) -> GuestProgram? {
        guard let process = configuration.process, let entry = process.arguments.first else { return nil }
        do throws(PlanError) {
            let plan = try WorkloadPlan(
                container: configuration, bundle: bundle, root: root,
                hasOwnNetwork: NamespacePlan.leaves(.network, configuration.linux), hasGroups: hasGroups)
            return try find(plan, entry, configuration.annotations)
        } catch { throw RuntimeFailure(error) }
    }

    private static func find(
        _ plan: WorkloadPlan, _ entry: String, _ annotations: [String: String]
    ) throws(PlanError) -> GuestProgram? {
        let file: Result<GuestProgram, WorkloadError> = Result { () throws(WorkloadError) in
            var plan = plan
            let file = try ProgramFile(plan)
            // They are mounted in the container's tree.
            plan.mounts = []
            return GuestProgram(plan: plan, file: file)
        }
        switch consume file {
        case .success(let program):
            let kind = try WorkloadKind.decide(
                annotations: annotations, preamble: program.preamble, entry: entry)
            if kind == .wasm { return program }
            return nil
        case .failure(let error):
            // It isn't there, or can't be read: whoever executes a native program says so.
            guard try WorkloadKind.decide(annotations: annotations, preamble: nil, entry: entry) == .wasm
            else { return nil }
            throw PlanError("\(error)")
        }
    }

    /// The first bytes; nil when it isn't a file.
    private var preamble: [UInt8]? { file.status.kind == .regular ? try? file.head() : nil }
}
