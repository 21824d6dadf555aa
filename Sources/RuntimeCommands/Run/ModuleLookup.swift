import ImageStore
import OCISpec
import SystemCalls
import WasmBinary
import WasmEngine
import WasmWorkload

/// Finds the compiled form of a plan's program; has the companion compile it when there is none.
struct ModuleLookup {
    private let root: String
    private let engine: Engine

    init(_ common: CommonSettings) throws(CommandFailure) {
        root = try common.storeRoot()
        engine = try CommandFailure.wrapping { () throws(EngineError) in try Engine() }
    }

    /// The loaded module. What has no compiled form yet, and what is no module, goes the longer way.
    func module(of plan: WorkloadPlan) throws(CommandFailure) -> Module {
        let file: ProgramFile
        do throws(WorkloadError) { file = try ProgramFile(plan) } catch { throw CommandFailure(error) }
        if let module = try cached(file) { return module }
        try checkKind(file)
        // The companion reads the very file that was opened, whatever its name means by then.
        let digest = try Companion().output(
            of: ["prepare-module", "--name", file.name, "--root", root, "/proc/self/fd/3"],
            input: file.descriptor.rawValue, failureStatus: CommandFailure.cannotRun)
        guard let module = try compiled(String(digest.prefix { !$0.isNewline })) else {
            throw CommandFailure("\(file.name) was compiled and isn't in the cache below \(root)")
        }
        return module
    }

    private func cached(_ file: borrowing ProgramFile) throws(CommandFailure) -> Module? {
        // Without a store there is no cache either; the companion makes both.
        guard (try? FileStatus.of(cachePath)) != nil else { return nil }
        let cache = try openCache()
        guard let digest = cache.digest(of: FileIdentity(file.status)) else { return nil }
        return try CommandFailure.wrapping { () throws(CacheError) in try cache.module(digest: digest, for: engine) }
    }

    private func compiled(_ digest: String) throws(CommandFailure) -> Module? {
        let cache = try openCache()
        return try CommandFailure.wrapping { () throws(CacheError) in try cache.module(digest: digest, for: engine) }
    }

    private var cachePath: String { "\(root)/cache" }

    private func openCache() throws(CommandFailure) -> CompiledModuleCache {
        try CommandFailure.wrapping { () throws(CacheError) in try CompiledModuleCache(root: cachePath) }
    }

    /// Says what can't be run here before anything is compiled.
    private func checkKind(_ file: borrowing ProgramFile) throws(CommandFailure) {
        let head: [UInt8]
        do throws(WorkloadError) { head = try file.head() } catch { throw CommandFailure(error) }
        let name = file.name
        if head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) || head.starts(with: [0x23, 0x21]) {
            throw CommandFailure(
                "\(name) is a native program; martlet run starts wasm programs: use runc or crun for this image",
                status: CommandFailure.cannotRun)
        }
        if head.starts(with: [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]) {
            throw CommandFailure(
                "\(name) is a component; this version runs core modules with WASI preview 1",
                status: CommandFailure.cannotRun)
        }
    }
}
