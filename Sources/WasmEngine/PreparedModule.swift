import CWasmtime

/// A module with a definition for each of its imports: what remains is to make instances.
public final class PreparedModule: Sendable {
    public let module: Module

    /// Whether one of the linker's functions suspends, so that instances run in fibers only.
    public let suspends: Bool

    // SAFETY: the library's prepared instance may be used from all threads at once; only this object deletes it.
    nonisolated(unsafe) let handle: OpaquePointer

    init(module: Module, suspends: Bool, adopting handle: OpaquePointer) {
        self.module = module
        self.suspends = suspends
        self.handle = handle
    }

    deinit { wasmtime_instance_pre_delete(handle) }

    /// Makes an instance and runs the module's start function.
    public func instantiate(in store: Store) throws(EngineError) -> Instance {
        let action = "instantiate the module"
        try store.checkAlive(action)
        try store.checkSame(module.engine, action)
        if suspends || store.fibers.areRequired { return try instantiateByFiber(in: store) }
        store.beginInstance()
        var instance = wasmtime_instance_t()
        var trap: OpaquePointer?
        let error = wasmtime_instance_pre_instantiate(handle, store.context, &instance, &trap)
        try store.finish(error: error, trap: trap, action, otherwise: .instantiation)
        store.noteInstance(instance)
        return Instance(handle: instance, of: self, in: store)
    }
}
