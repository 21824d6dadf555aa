import CWasmtime

/// Who called a host function: the way to the instance's memory and to the store, for the length of the call.
public struct Caller: ~Escapable {
    let handle: OpaquePointer

    // SAFETY: the library lends `handle` for the length of one host call; the lifetime keeps the value inside.
    @_lifetime(borrow handle)
    init(handle: OpaquePointer) { self.handle = handle }

    /// The memory that the calling instance exports as `memory`; empty when it exports none.
    ///
    /// Its place is asked for at each use of this property: take it again after a call into the guest.
    public var memory: GuestMemory {
        @_lifetime(copy self)
        get {
            let context = wasmtime_caller_context(handle)
            let area = Store.borrowed(from: context)._withUnsafeGuaranteedRef {
                $0.memoryArea(context: context, caller: handle)
            }
            return GuestMemory(base: area.base, size: area.size, of: self)
        }
    }

    /// The store that the guest runs in.
    public var store: Store { withStore { $0 } }

    // SAFETY: every context that a host function sees belongs to a `Store`, which put itself there and which the running
    // call keeps alive. No reference is counted: this is on the way of every host call.
    func withStore<Result>(_ body: (Store) -> Result) -> Result {
        Store.borrowed(from: wasmtime_caller_context(handle))._withUnsafeGuaranteedRef(body)
    }
}
