import SystemCalls
import WASIPreview1
import WasmEngine

/// A loaded module, linked with what its plan grants: all that can be done before the process is forked.
///
/// What is missing is made in the child: the sandbox, a store, an instance, threads.
public struct GuestModule {
    let workload: OpenedWorkload
    let prepared: PreparedModule
    let threads: ThreadGroup
    let context: Preview1Context
    let limits: StoreLimits

    /// Links a module.
    ///
    /// Errors: `cannotRun` names the imports that nobody gives, or the exports to choose from when there is no `_start`.
    public init(_ module: Module, _ workload: OpenedWorkload) throws(WorkloadError) {
        let limits = StoreLimits(memoryBytes: workload.plan.limits.memory)
        let engine = module.engine
        self.workload = workload
        self.limits = limits
        threads = ThreadGroup(of: module) { () throws(EngineError) in
            try Store(engine, limits: limits)
        } ended: { error in
            // Other threads may wait where nothing can wake them: the process ends with the one that ended the guest.
            Processes.exit(GuestOutcome(error).report())
        }
        do {
            context = try Preview1Context(workload.preview1)
            let linker = try Linker(engine)
            try context.define(in: linker, for: module)
            prepared = try threads.link(linker, limits: limits)
        } catch { throw WorkloadError(.cannotRun, "the module can't be run: \(error)") }
        try checkEntryPoint(module)
    }

    /// Whether the module imports anything by which it could change a file tree: without, it needs no layer to write to.
    public static func changesFiles(_ module: Module) -> Bool {
        module.imports.contains {
            $0.name.hasPrefix("path_") && $0.name != "path_filestat_get" && $0.name != "path_readlink"
        }
    }

    /// Whether the module imports anything by which it could use a network: a granted port is a preopened socket, which only
    /// calls on sockets can use.
    var usesSockets: Bool { prepared.module.imports.contains { $0.name.hasPrefix("sock_") } }

    private func checkEntryPoint(_ module: Module) throws(WorkloadError) {
        let wanted =
            switch workload.plan.entryPoint {
            case .start: "_start"
            case .export(let name): name
            }
        let functions = module.exports.compactMap { export in
            if case .function = export.type { export.name } else { nil }
        }
        guard !functions.contains(wanted) else { return }
        let callable = functions.filter { !$0.hasPrefix("_") && $0 != "cabi_realloc" }.prefix(12)
        let choice =
            callable.isEmpty ? "it exports no other" : "choose one with --invoke: \(callable.joined(separator: ", "))"
        throw WorkloadError(.cannotRun, "the module exports no function \(wanted); \(choice)")
    }
}
