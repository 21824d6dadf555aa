/// Compiles a guest's module into the cache.
///
/// The compiler is large and its input is hostile, so the caller runs this in a process of its own that
/// * was executed, not forked from a process with secrets in memory, and holds no descriptors but the source, the cache's
///   directory and a pipe for its answer;
/// * has limits on CPU time (`RLIMIT_CPU`), on memory (a cgroup or `RLIMIT_DATA`; not `RLIMIT_AS`, the engine reserves address
///   space) and on file size (`RLIMIT_FSIZE`), and is killed when the parent's deadline passes;
/// * can't gain privileges, has no network and may write below the cache's directory only;
/// * may have several threads, so that `EngineConfiguration.compilesInParallel` can be on.
///
/// Whatever happens to that process, the cache stays whole: an entry appears by a rename or not at all.
public struct ModuleCompiler: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Bytes of the source.
        public var sourceBytes = 256 << 20
        /// Bytes of the compiled module.
        public var compiledBytes = 1 << 30

        public init() {}
    }

    public let engine: Engine
    public let cache: CompiledModuleCache
    public var limits = Limits()

    public init(engine: Engine, cache: CompiledModuleCache, limits: Limits = Limits()) {
        self.engine = engine
        self.cache = cache
        self.limits = limits
    }

    /// Compiles a binary module, or the text of one, and stores the result under the digest of that source.
    ///
    /// Returns how many bytes were stored. Throws `compilation` for what isn't a valid module, `limit` for what is too large.
    @discardableResult
    public func compile(_ source: [UInt8], digest: String) throws(CacheError) -> Int {
        let compiled: [UInt8]
        do throws(EngineError) {
            compiled = try compile(source)
        } catch { throw CacheError(root: cache.root, reason: .engine(error)) }
        try cache.store(compiled, digest: digest, fingerprint: engine.configuration.fingerprint)
        return compiled.count
    }

    /// The compiled form of a source, without storing it.
    public func compile(_ source: [UInt8]) throws(EngineError) -> [UInt8] {
        guard source.count <= limits.sourceBytes else {
            let reason = "\(source.count) bytes are more than the limit of \(limits.sourceBytes)"
            throw EngineError(.limit, "compile the module", reason)
        }
        let compiled = try Module.compile(engine, Self.binary(of: source)).serialize()
        guard compiled.count <= limits.compiledBytes else {
            let reason = "it has \(compiled.count) bytes, more than the limit of \(limits.compiledBytes)"
            throw EngineError(.limit, "store the compiled module", reason)
        }
        return compiled
    }

    private static func binary(of source: [UInt8]) throws(EngineError) -> [UInt8] {
        if source.starts(with: BinaryKind.magic) { return source }
        guard let text = String(validating: source, as: UTF8.self) else {
            throw EngineError(.compilation, "compile the module", "neither a WebAssembly binary nor text")
        }
        return try ModuleText.binary(fromText: text)
    }
}
