import CWasmtime

/// An instance of a module in a store.
public struct Instance {
    let handle: wasmtime_instance_t
    /// Kept alive with what the instance runs.
    let prepared: PreparedModule
    public let store: Store

    init(handle: wasmtime_instance_t, of prepared: PreparedModule, in store: Store) {
        self.handle = handle
        self.prepared = prepared
        self.store = store
    }

    public var module: Module { prepared.module }

    /// An exported function.
    public func function(_ name: String) throws(EngineError) -> Function {
        guard let function = try functionIfPresent(name) else {
            throw EngineError(.missingExport, "look up \(name)", "the module exports no function of that name")
        }
        return function
    }

    /// An exported function, or nil when nothing of that name is exported or it isn't a function.
    public func functionIfPresent(_ name: String) throws(EngineError) -> Function? {
        guard var item = export(name) else { return nil }
        guard Int(item.kind) == MARTLET_EXTERN_FUNC else {
            wasmtime_extern_delete(&item)
            return nil
        }
        guard let libraryType = wasmtime_func_type(store.context, &item.of.func) else { return nil }
        defer { wasm_functype_delete(libraryType) }
        guard let type = FunctionType(library: libraryType) else {
            throw EngineError(.library, "look up \(name)", "its type can't be described")
        }
        return Function(name: name, type: type, store: store, handle: item.of.func)
    }

    /// Calls an exported function.
    @discardableResult
    public func call(_ name: String, _ arguments: [Value] = []) throws(EngineError) -> [Value] {
        try function(name).call(arguments)
    }

    /// Lends an exported memory to a closure; nil when there is none of that name. The closure makes no call into the guest.
    public func withMemory<Result>(_ name: String = "memory", _ body: (GuestMemory) -> Result) -> Result? {
        guard var item = export(name) else { return nil }
        defer { wasmtime_extern_delete(&item) }
        switch Int(item.kind) {
        case MARTLET_EXTERN_MEMORY:
            let area = Store.area(of: &item.of.memory, store.context)
            return body(GuestMemory(borrowing: area.base, size: area.size))
        case MARTLET_EXTERN_SHAREDMEMORY:
            let area = Store.area(ofShared: item.of.sharedmemory)
            return body(GuestMemory(borrowing: area.base, size: area.size))
        default: return nil
        }
    }

    /// The value of an exported global; nil when there is none of that name.
    public func global(_ name: String) -> Value? {
        guard var item = export(name) else { return nil }
        defer { wasmtime_extern_delete(&item) }
        guard Int(item.kind) == MARTLET_EXTERN_GLOBAL else { return nil }
        var value = wasmtime_val_t()
        wasmtime_global_get(store.context, &item.of.global, &value)
        defer { wasmtime_val_unroot(&value) }
        return Value(library: value)
    }

    /// What stands behind an exported name; to be deleted by the caller.
    private func export(_ name: String) -> wasmtime_extern_t? {
        var item = wasmtime_extern_t()
        let found = name.withLibraryName { bytes, count in
            withUnsafePointer(to: handle) {
                wasmtime_instance_export_get(store.context, $0, bytes, count, &item)
            }
        }
        return found ? item : nil
    }
}
