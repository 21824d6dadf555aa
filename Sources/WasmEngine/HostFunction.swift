import CWasmtime

/// A host function's body, as the linker keeps it.
///
/// It may be called by several threads at once, each with a store of its own.
public typealias HostFunctionBody = @Sendable (Caller, RawValues) throws(Trap) -> Void

/// Owns a body for as long as any linker or store may call it.
final class HostFunction: Sendable {
    let body: HostFunctionBody

    init(_ body: @escaping HostFunctionBody) { self.body = body }

    /// What the library calls. The body's error comes back as a trap: Swift never unwinds through the guest's frames.
    static let trampoline: wasmtime_func_unchecked_callback_t = { environment, caller, slots, count in
        // SAFETY: the library passes what `define` gave it, and lends the caller and the slots for this call. A function
        // without parameters and results gets no slots worth the name: then the count is 0 and none is touched.
        guard let environment, let caller else { return nil }
        let values = RawValues(slots: slots ?? HostFunction.noSlots, count: count)
        return Unmanaged<HostFunction>.fromOpaque(environment)._withUnsafeGuaranteedRef { function in
            do throws(Trap) {
                try function.body(Caller(handle: caller), values)
                return nil
            } catch {
                return HostFunction.raise(error, from: caller)
            }
        }
    }

    static let finalizer: @convention(c) (UnsafeMutableRawPointer?) -> Void = { environment in
        if let environment { Unmanaged<HostFunction>.fromOpaque(environment).release() }
    }

    private static var noSlots: UnsafeMutablePointer<wasmtime_val_raw_t> {
        // SAFETY: aligned, not null and never touched.
        UnsafeMutablePointer(bitPattern: 1 << 12).unsafelyUnwrapped
    }

    /// Keeps the error in the store and tells the library to end the guest.
    @inline(never)
    private static func raise(_ trap: Trap, from caller: OpaquePointer) -> OpaquePointer? {
        Caller(handle: caller).withStore { $0.keep(trap) }
        return "host".withLibraryName { wasmtime_trap_new($0, $1) }
    }
}
