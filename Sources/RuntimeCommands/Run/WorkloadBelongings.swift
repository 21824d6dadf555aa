import Cgroups
import ContainerLifecycle
import OCISpec
import Sandbox
import SystemCalls
import WasmEngine
import WasmWorkload

/// What a workload has on the host for its own use, and what has to go with it.
struct WorkloadBelongings {
    let id: ContainerID
    /// Where it writes what it writes to a shared root.
    let layer: RootFilesystem.WritableLayer
    let cgroup: ContainerCgroup?
    /// The root of every workload's process.
    let emptyDirectory: String

    /// - Parameter outlivesCommand: whether the workload goes on in the background: then its layer is on disk. One that ends
    ///   with the command has it in memory: making and removing one on disk takes longer than the rest of a start.
    init(
        for plan: WorkloadPlan, _ module: Module, outlivesCommand: Bool, _ common: CommonSettings
    ) throws(CommandFailure) {
        let id = try CommandFailure.wrapping { () throws(SystemCallError) in try ContainerID.random() }
        self.id = id
        let store = try common.storeRoot()
        emptyDirectory = "\(store)/empty"
        if let root = plan.root, root.isShared, !root.isReadOnly, GuestModule.changesFiles(module) {
            if outlivesCommand {
                let path = "\(store)/containers/\(id)"
                try CommandFailure.wrapping { () throws(SystemCallError) in
                    try Self.makeDirectory(path, in: "\(store)/containers")
                }
                layer = .directory(path)
            } else {
                layer = .memory(limit: Self.memoryLayer, fallback: "\(store)/containers/\(id)")
            }
        } else {
            layer = .none
        }
        cgroup = try Self.cgroup(id, plan.limits, beside: layer)
    }

    /// Bytes that a workload in the foreground may write to its root; more is `ENOSPC` for the guest.
    private static let memoryLayer: UInt64 = 256 << 20

    /// The layer's directory, when it has one.
    var directory: String? {
        switch layer {
        case .none, .memory: nil
        case .directory(let path): path
        }
    }

    private static func makeDirectory(_ path: String, in parent: String) throws(SystemCallError) {
        do throws(SystemCallError) { try Files.makeDirectory(path, mode: 0o700) } catch {
            guard error.errno == .noSuchFile else { throw error }
            try Files.ensureDirectory(parent, mode: 0o700)
            try Files.makeDirectory(path, mode: 0o700)
        }
    }

    /// The engine bounds the guest's own memory in any case; the group bounds the whole process.
    private static func cgroup(
        _ id: ContainerID, _ limits: WorkloadPlan.Limits, beside layer: RootFilesystem.WritableLayer
    ) throws(CommandFailure) -> ContainerCgroup? {
        // What is written to a layer in memory is charged to the group as well: it is no part of the guest's own memory.
        let extra = if case .memory(let limit, _) = layer { limit } else { UInt64(0) }
        let wanted = LinuxResources(
            memory: limits.memory.map { Self.sum($0, hostMemory + extra) },
            milliCPUs: limits.processors.map { UInt32(clamping: $0) })
        var controllers: Set<String> = []
        if wanted.memory != nil { controllers.insert("memory") }
        if wanted.cpu != nil { controllers.insert("cpu") }
        guard !controllers.isEmpty else { return nil }
        do throws(CgroupError) {
            return try ContainerCgroup.create(
                path: nil, id: id.text, resources: wanted, rootless: Processes.effectiveUser != 0,
                controllers: controllers, restrictsDevices: false)
        } catch {
            // Memory is bounded by the engine too; processors aren't.
            if limits.processors == nil { return nil }
            throw CommandFailure("\(Self.option(for: error)): \(error.reason)")
        }
    }

    /// What a person wrote, for the field that it became.
    private static func option(for error: CgroupError) -> String {
        switch error.field {
        case .some(let field) where field.hasPrefix("linux.resources.memory"): "--memory"
        case .some(let field) where field.hasPrefix("linux.resources.cpu"): "--cpus"
        default: "--memory and --cpus"
        }
    }

    private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }

    /// What the engine and the runtime use beside the guest's memory, in bytes.
    private static let hostMemory: UInt64 = 16 << 20

    /// Removes what is left when the workload has ended.
    func remove() {
        // What is still busy after a second stays; the next of the same name takes it over.
        try? cgroup?.delete()
        switch layer {
        case .none: break
        // Only a root that had to be copied left something.
        case .memory(_, let path), .directory(let path): try? TreeRemoval.remove(path)
        }
    }
}
