import CWasmtime

/// One call of a suspending host function, from its start until its results are handed over.
final class PendingCall {
    private let results: UnsafeMutableBufferPointer<wasmtime_val_t>
    private let trap: UnsafeMutablePointer<OpaquePointer?>
    private let slots: UnsafeMutableBufferPointer<wasmtime_val_raw_t>
    private let type: FunctionType
    private let store: Store
    /// Where the caller's memory is; a shared one is a handle of our own.
    private let memory: QuickMemory
    private var suspension: Suspension?

    init(
        of function: SuspendingFunction, by caller: OpaquePointer, arguments: UnsafeBufferPointer<wasmtime_val_t>,
        results: UnsafeMutableBufferPointer<wasmtime_val_t>, trap: UnsafeMutablePointer<OpaquePointer?>
    ) {
        type = function.type
        self.results = results
        self.trap = trap
        store = Caller(handle: caller).store
        memory = store.locateMemory(caller: caller)
        slots = .allocate(capacity: max(arguments.count, results.count, 1))
        slots.initialize(repeating: wasmtime_val_raw_t())
        for (index, argument) in arguments.enumerated() { slots[index] = argument.raw }
    }

    deinit {
        if case .shared(let handle) = memory { wasmtime_sharedmemory_delete(handle) }
        slots.deallocate()
    }

    /// Runs the body; false when it suspended.
    func begin(_ function: SuspendingFunction, _ caller: OpaquePointer) -> Bool {
        run { values throws(Trap) in
            self.suspension = try function.body(Caller(handle: caller), values)
            return self.suspension == nil
        }
    }

    /// Asks the continuation; true when the call is over.
    private func resume() -> Bool {
        guard let suspension else { return true }
        return run { values throws(Trap) in
            let area = self.store.area(of: self.memory)
            return try suspension.continuation(GuestMemory(borrowing: area.base, size: area.size), values)
        }
    }

    private func run(_ body: (RawValues) throws(Trap) -> Bool) -> Bool {
        // SAFETY: `slots` has at least one element and lives as long as this object.
        let values = RawValues(slots: slots.baseAddress.unsafelyUnwrapped, count: slots.count)
        do throws(Trap) {
            guard try body(values) else { return false }
            for (index, type) in type.results.enumerated() where index < results.count {
                results[index] = wasmtime_val_t(slots[index], as: type)
            }
        } catch {
            store.keep(error)
            trap.pointee = "host".withLibraryName { wasmtime_trap_new($0, $1) }
        }
        suspension = nil
        return true
    }

    // SAFETY for both: the environment is the call that the trampoline retained; the finalizer releases it, once.
    static let poll: @convention(c) (UnsafeMutableRawPointer?) -> Bool = { environment in
        guard let environment else { return true }
        return Unmanaged<PendingCall>.fromOpaque(environment).takeUnretainedValue().resume()
    }

    static let finalizer: @convention(c) (UnsafeMutableRawPointer?) -> Void = { environment in
        if let environment { Unmanaged<PendingCall>.fromOpaque(environment).release() }
    }
}

extension wasmtime_val_t {
    /// The number without its kind. References aren't carried: a suspending function takes none (`defineSuspending`).
    var raw: wasmtime_val_raw_t {
        var raw = wasmtime_val_raw_t()
        switch Int(kind) {
        case MARTLET_VALUE_I32, MARTLET_VALUE_F32: raw.v128.low = UInt64(UInt32(bitPattern: of.i32))
        case MARTLET_VALUE_I64, MARTLET_VALUE_F64: raw.v128.low = UInt64(bitPattern: of.i64)
        case MARTLET_VALUE_V128: raw.v128 = of.v128
        default: break
        }
        return raw
    }

    init(_ raw: wasmtime_val_raw_t, as type: ValueType) {
        self.init()
        switch type {
        case .i32:
            kind = UInt8(MARTLET_VALUE_I32)
            of.i32 = raw.i32
        case .i64:
            kind = UInt8(MARTLET_VALUE_I64)
            of.i64 = raw.i64
        case .f32:
            kind = UInt8(MARTLET_VALUE_F32)
            of.f32 = raw.f32
        case .f64:
            kind = UInt8(MARTLET_VALUE_F64)
            of.f64 = raw.f64
        case .v128, .reference:
            kind = UInt8(MARTLET_VALUE_V128)
            of.v128 = raw.v128
        }
    }
}
