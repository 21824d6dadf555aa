import SystemCalls
import WasmBinary
import WasmEngine

/// Finds the compiled form of a plan's program; has the companion compile it when there is none.
public struct ModuleLookup {
    private let root: String
    private let engine: Engine
    private let keepsErrors: Bool

    /// - Parameters:
    ///   - store: the image store, below which compiled modules are kept.
    ///   - keepsErrors: what the companion says becomes the error, instead of a line on standard error.
    public init(store: String, keepsErrors: Bool = false) throws(WorkloadError) {
        root = store
        self.keepsErrors = keepsErrors
        if let kept = ModuleShelf.shared.engine {
            engine = kept
        } else {
            do throws(EngineError) { engine = try Engine() } catch { throw WorkloadError("\(error)") }
        }
    }

    /// The loaded module of a plan's program. What has no compiled form yet, and what is no module, goes the longer way.
    public func module(of plan: WorkloadPlan) throws(WorkloadError) -> Module { try module(of: try ProgramFile(plan)) }

    /// The loaded module of a file.
    public func module(of file: borrowing ProgramFile) throws(WorkloadError) -> Module {
        if FileStamps.mayBeKernels(file.descriptor.rawValue, file.status) {
            let source = ModuleShelf.Source(store: root, file: FileIdentity(file.status))
            if let module = ModuleShelf.shared.module(source) { return module }
            if let module = try cached(file) { return module }
        }
        try checkKind(file)
        // The companion reads the very file that was opened, whatever its name means by then.
        let digest = try Companion().output(
            of: ["prepare-module", "--name=\(file.name)", "--root=\(root)", "/proc/self/fd/3"],
            input: file.descriptor.rawValue, failure: .cannotRun, keepsErrors: keepsErrors)
        guard let module = try compiled(String(digest.prefix { !$0.isNewline })) else {
            throw WorkloadError("\(file.name) was compiled and isn't in the cache below \(root)")
        }
        return module
    }

    /// What the cache has for a program, looked up and mapped.
    static func compiled(_ source: ModuleShelf.Source, for engine: Engine) -> Module? {
        guard let cache = try? CompiledModuleCache(root: "\(source.store)/cache"),
            let digest = cache.digest(of: source.file)
        else { return nil }
        return (try? cache.module(digest: digest, for: engine)) ?? nil
    }

    private func cached(_ file: borrowing ProgramFile) throws(WorkloadError) -> Module? {
        // Without a store there is no cache either; the companion makes both.
        guard (try? FileStatus.of(cachePath)) != nil else { return nil }
        let cache = try openCache()
        guard let digest = cache.digest(of: FileIdentity(file.status)) else { return nil }
        return try module(digest, in: cache)
    }

    private func compiled(_ digest: String) throws(WorkloadError) -> Module? {
        try module(digest, in: try openCache())
    }

    private func module(_ digest: String, in cache: CompiledModuleCache) throws(WorkloadError) -> Module? {
        do throws(CacheError) { return try cache.module(digest: digest, for: engine) } catch {
            throw WorkloadError("\(error)")
        }
    }

    private var cachePath: String { "\(root)/cache" }

    private func openCache() throws(WorkloadError) -> CompiledModuleCache {
        do throws(CacheError) { return try CompiledModuleCache(root: cachePath) } catch {
            throw WorkloadError("\(error)")
        }
    }

    /// Says what can't be run here before anything is compiled.
    private func checkKind(_ file: borrowing ProgramFile) throws(WorkloadError) {
        let head = try file.head()
        let name = file.name
        if WorkloadKind.kind(byContent: head) == .native {
            throw WorkloadError(
                .cannotRun,
                "\(name) is a native program, and this run starts wasm programs: make a container of its bundle "
                    + "(martlet run --bundle DIR ID), or use an engine for its image (podman --runtime martlet)")
        }
        if BinaryKind(preamble: head) == .component {
            throw WorkloadError(
                .cannotRun, "\(name) is a component; this version runs core modules with WASI preview 1")
        }
    }
}
