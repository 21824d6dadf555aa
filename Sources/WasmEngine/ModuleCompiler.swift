import WasmBinary

/// Compiles a guest's module to the form that the cache keeps.
///
/// The compiler is large and its input is hostile: who calls this is a process of its own, without a way to open anything
/// and under limits of time and memory, that answers through a pipe.
public struct ModuleCompiler: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Bytes of the source.
        public var sourceBytes = 256 << 20
        /// Bytes of the compiled module.
        public var compiledBytes = 1 << 30

        public init() {}
    }

    public let engine: Engine
    public let limits: Limits

    public init(_ engine: Engine, limits: Limits = Limits()) {
        self.engine = engine
        self.limits = limits
    }

    /// The compiled form of a binary module, or of the text of one.
    ///
    /// Throws `compilation` for what isn't a valid module, `limit` for what is too large.
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

    /// The binary form of a source, which is text when it doesn't begin as a binary does.
    public static func binary(of source: [UInt8]) throws(EngineError) -> [UInt8] {
        if source.starts(with: BinaryKind.magic) { return source }
        guard let text = String(validating: source, as: UTF8.self) else {
            throw EngineError(.compilation, "compile the module", "neither a WebAssembly binary nor text")
        }
        return try ModuleText.binary(fromText: text)
    }
}
