import CWasmtime

/// A compiled module, ready to be instantiated in any store of its engine.
public final class Module: Sendable {
    public let engine: Engine

    // SAFETY: the library's module may be used from all threads at once; only this object deletes it.
    nonisolated(unsafe) let handle: OpaquePointer

    /// The engine's own descriptor of the compiled file, which instantiation needs: to be kept open, and never closed, by
    /// a process that closes others. Nil for a module that was compiled in memory.
    public let fileDescriptor: Int32?

    init(engine: Engine, adopting handle: OpaquePointer, fileDescriptor: Int32? = nil) {
        self.engine = engine
        self.handle = handle
        self.fileDescriptor = fileDescriptor
    }

    deinit { wasmtime_module_delete(handle) }

    /// Compiles a binary module. For a guest's module this belongs into a process of its own: see `ModuleCompiler`.
    public static func compile(_ engine: Engine, _ bytes: [UInt8]) throws(EngineError) -> Module {
        var handle: OpaquePointer?
        let error = bytes.withUnsafeBufferPointer {
            wasmtime_module_new(engine.handle, $0.baseAddress, $0.count, &handle)
        }
        return try adopt(engine, handle, error, .compilation, "compile the module")
    }

    /// Checks a binary module without compiling it.
    public static func validate(_ engine: Engine, _ bytes: [UInt8]) throws(EngineError) {
        let error = bytes.withUnsafeBufferPointer { wasmtime_module_validate(engine.handle, $0.baseAddress, $0.count) }
        if let error { throw EngineError(.compilation, "validate the module", consume(error: error)) }
    }

    /// Maps a file that `serialize` made.
    ///
    /// The engine checks that the file is of its own version, settings and processor; it trusts the code in it. So a path
    /// comes only from where nobody else can write: `CompiledModuleCache` sees to that.
    public static func load(_ engine: Engine, compiledFile path: String) throws(EngineError) -> Module {
        var handle: OpaquePointer?
        let file = BackingFile(path: path)
        let error = wasmtime_module_deserialize_file(engine.handle, path, &handle)
        return try adopt(
            engine, handle, error, .loading, "load the compiled module \(path)", fileDescriptor: file?.descriptor())
    }

    /// The compiled form, to be written to a file.
    public func serialize() throws(EngineError) -> [UInt8] {
        var bytes = wasm_byte_vec_t()
        if let error = wasmtime_module_serialize(handle, &bytes) {
            throw EngineError(.library, "serialize the module", consume(error: error))
        }
        defer { wasm_byte_vec_delete(&bytes) }
        // SAFETY: the library says how many bytes stand there.
        return [UInt8](UnsafeBufferPointer(start: bytes.data, count: bytes.size))
    }

    private static func adopt(
        _ engine: Engine, _ handle: OpaquePointer?, _ error: OpaquePointer?, _ kind: EngineError.Kind, _ action: String,
        fileDescriptor: Int32? = nil
    ) throws(EngineError) -> Module {
        if let error { throw EngineError(kind, action, consume(error: error)) }
        guard let handle else { throw EngineError(.library, action, "the engine gave neither a module nor an error") }
        return Module(engine: engine, adopting: handle, fileDescriptor: fileDescriptor)
    }
}

extension Module {
    /// What the module wants from outside, in order.
    public var imports: [ModuleImport] {
        var list = wasm_importtype_vec_t()
        wasmtime_module_imports(handle, &list)
        defer { wasm_importtype_vec_delete(&list) }
        return (0..<list.size).compactMap { index in
            guard let item = list.data?[index], let module = wasm_importtype_module(item),
                let name = wasm_importtype_name(item), let type = ExternType(library: wasm_importtype_type(item))
            else { return nil }
            return ModuleImport(
                module: String(libraryName: module.pointee), name: String(libraryName: name.pointee), type: type)
        }
    }

    /// What the module offers, in order.
    public var exports: [ModuleExport] {
        var list = wasm_exporttype_vec_t()
        wasmtime_module_exports(handle, &list)
        defer { wasm_exporttype_vec_delete(&list) }
        return (0..<list.size).compactMap { index in
            guard let item = list.data?[index], let name = wasm_exporttype_name(item),
                let type = ExternType(library: wasm_exporttype_type(item))
            else { return nil }
            return ModuleExport(name: String(libraryName: name.pointee), type: type)
        }
    }
}
