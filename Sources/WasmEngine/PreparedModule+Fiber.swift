import CWasmtime

extension PreparedModule {
    /// Makes an instance whose start function may suspend: it is resumed until it is over.
    func instantiateByFiber(in store: Store) throws(EngineError) -> Instance {
        let action = "instantiate the module"
        store.fibers.areRequired = true
        try store.fibers.checkIdle(action)
        store.beginInstance()
        var instance = wasmtime_instance_t()
        var trap: OpaquePointer?
        var error: OpaquePointer?
        let isOver = withUnsafeMutablePointer(to: &instance) { instance in
            withUnsafeMutablePointer(to: &trap) { trap in
                withUnsafeMutablePointer(to: &error) { error in
                    guard
                        let future = wasmtime_instance_pre_instantiate_async(
                            handle, store.context, instance, trap, error)
                    else { return false }
                    defer { wasmtime_call_future_delete(future) }
                    return wasmtime_call_future_poll(future)
                }
            }
        }
        try store.finish(error: error, trap: trap, action, otherwise: .instantiation)
        guard isOver else {
            store.markDead("a start function was suspended")
            throw EngineError(.instantiation, action, "the start function waits for something: only exports may")
        }
        store.noteInstance(instance)
        return Instance(handle: instance, of: self, in: store)
    }
}
