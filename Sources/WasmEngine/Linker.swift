import CWasmtime

/// Names of imports, each with what the host gives for it.
///
/// Filled by one thread; what it makes (`prepare`) can be used by all.
public final class Linker {
    public let engine: Engine
    let handle: OpaquePointer

    /// Whether a function that suspends was defined: then calls have to be made by fibers.
    public internal(set) var suspends = false

    public init(_ engine: Engine) throws(EngineError) {
        guard let handle = wasmtime_linker_new(engine.handle) else {
            throw EngineError(.library, "create a linker", "no memory")
        }
        self.engine = engine
        self.handle = handle
    }

    deinit { wasmtime_linker_delete(handle) }

    /// Gives a function for an import. A name that is taken is refused.
    ///
    /// The body finds its arguments in the values and writes its results over them. What it throws ends the guest.
    public func define(
        _ module: String, _ name: String, parameters: [ValueType], results: [ValueType],
        _ body: @escaping HostFunctionBody
    ) throws(EngineError) {
        let type = FunctionType(parameters: parameters, results: results)
        let environment = Unmanaged.passRetained(HostFunction(body)).toOpaque()
        try withLibraryType(type, module, name) { type, module, moduleCount, name, nameCount in
            // The finalizer runs in every case, also when the name is refused.
            wasmtime_linker_define_func_unchecked(
                handle, module, moduleCount, name, nameCount, type, HostFunction.trampoline, environment,
                HostFunction.finalizer)
        } onBadType: {
            HostFunction.finalizer(environment)
        }
    }

    /// Gives a shared memory for an import.
    public func define(
        _ module: String, _ name: String, _ memory: SharedMemory, in store: Store
    ) throws(EngineError) {
        var item = wasmtime_extern_t()
        item.kind = UInt8(MARTLET_EXTERN_SHAREDMEMORY)
        item.of.sharedmemory = memory.handle
        let error = module.withLibraryName { module, moduleCount in
            name.withLibraryName { name, nameCount in
                wasmtime_linker_define(handle, store.context, module, moduleCount, name, nameCount, &item)
            }
        }
        if let error { throw EngineError(.linking, "define \(module).\(name)", consume(error: error)) }
    }

    /// Gives every import of the module that is still missing a function that traps when it is called.
    public func defineMissingImportsAsTraps(of module: Module) throws(EngineError) {
        if let error = wasmtime_linker_define_unknown_imports_as_traps(handle, module.handle) {
            throw EngineError(.linking, "define the missing imports", consume(error: error))
        }
    }

    /// Finds a definition for every import once, so that instances are made quickly and by any thread.
    public func prepare(_ module: Module) throws(EngineError) -> PreparedModule {
        var prepared: OpaquePointer?
        if let error = wasmtime_linker_instantiate_pre(handle, module.handle, &prepared) {
            throw EngineError(.linking, "link the module", consume(error: error))
        }
        guard let prepared else { throw EngineError(.library, "link the module", "the engine gave nothing") }
        return PreparedModule(module: module, suspends: suspends, adopting: prepared)
    }

    /// Makes an instance and runs the module's start function.
    public func instantiate(_ module: Module, in store: Store) throws(EngineError) -> Instance {
        try prepare(module).instantiate(in: store)
    }

    func withLibraryType(
        _ type: FunctionType, _ module: String, _ name: String,
        _ body: (OpaquePointer, UnsafePointer<CChar>?, Int, UnsafePointer<CChar>?, Int) -> OpaquePointer?,
        onBadType: () -> Void
    ) throws(EngineError) {
        guard let libraryType = type.makeLibraryType() else {
            onBadType()
            throw EngineError(.linking, "define \(module).\(name)", "\(type) names a type of a module")
        }
        defer { wasm_functype_delete(libraryType) }
        let error = module.withLibraryName { module, moduleCount in
            name.withLibraryName { name, nameCount in body(libraryType, module, moduleCount, name, nameCount) }
        }
        if let error { throw EngineError(.linking, "define \(module).\(name)", consume(error: error)) }
    }
}
