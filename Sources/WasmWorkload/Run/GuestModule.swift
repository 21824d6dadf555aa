import HostCapabilities
import WASIPreview1
import WasmEngine

/// A loaded module, linked with what its plan grants: all that can be done before the process is forked.
///
/// What is missing is made in the child: the sandbox, a store, an instance.
public struct GuestModule {
    let workload: OpenedWorkload
    let prepared: PreparedModule
    let exportNames: [String]
    let startsThreads: Bool

    /// Links a module.
    ///
    /// Errors: `cannotRun` names the imports that nobody gives, or the exports to choose from when there is no `_start`.
    public init(_ module: Module, _ workload: OpenedWorkload) throws(WorkloadError) {
        self.workload = workload
        exportNames = module.exports.compactMap { export in
            if case .function = export.type { export.name } else { nil }
        }
        do {
            let context = try Preview1Context(workload.preview1(network: workload.networkPolicy))
            let linker = try Linker(module.engine)
            try context.define(in: linker, for: module)
            startsThreads = false
            prepared = try linker.prepare(module)
        } catch { throw WorkloadError(.cannotRun, "the module can't be run: \(error)") }
        try checkEntryPoint()
    }

    private func checkEntryPoint() throws(WorkloadError) {
        let wanted =
            switch workload.plan.entryPoint {
            case .start: "_start"
            case .export(let name): name
            }
        guard !exportNames.contains(wanted) else { return }
        let callable = exportNames.filter { !$0.hasPrefix("_") && $0 != "cabi_realloc" }.prefix(12)
        let choice = callable.isEmpty ? "it exports no function" : "choose one with --invoke: \(callable.joined(separator: ", "))"
        throw WorkloadError(.cannotRun, "the module exports no function \(wanted); \(choice)")
    }
}
