import CWasmtime

/// What instances live in: their memories, tables and globals, under one set of limits. Used by one thread at a time; a guest
/// with threads has a store for each.
public final class Store {
    public let engine: Engine
    public let limits: StoreLimits

    /// Whatever the embedder wants to find from inside a host function.
    public var hostObject: AnyObject?

    /// Why no call may be made any more; nil while it may.
    ///
    /// A call that was cut off in the middle (by the deadline, by fuel, by an exit, by dropping a suspended fiber) leaves the
    /// guest's own data half changed: nothing may run on it again.
    public private(set) var deathReason: String?

    let handle: OpaquePointer
    let context: OpaquePointer

    /// The memory of the only instance, which makes `Caller.memory` quick.
    var quickMemory = QuickMemory.unknown
    var instanceCount = 0

    /// What a host function threw, on its way through the guest's frames.
    private var thrown: Trap?

    var fibers = FiberAccount()

    public init(_ engine: Engine, limits: StoreLimits = StoreLimits(), host: AnyObject? = nil) throws(EngineError) {
        guard let handle = wasmtime_store_new(engine.handle, nil, nil), let context = wasmtime_store_context(handle)
        else {
            throw EngineError(.library, "create a store", "no memory")
        }
        self.engine = engine
        self.limits = limits
        self.handle = handle
        self.context = context
        hostObject = host
        // SAFETY: the context outlives no call of ours, and each of our calls keeps this object alive.
        wasmtime_context_set_data(context, Unmanaged.passUnretained(self).toOpaque())
        wasmtime_store_limiter(
            handle, limits.memoryBytes.map(Int64.init(clamping:)) ?? -1,
            limits.tableElements.map(Int64.init(clamping:)) ?? -1, Int64(clamping: limits.instances),
            Int64(clamping: limits.tables), Int64(clamping: limits.memories))
        if engine.configuration.consumesFuel { try setFuel(limits.fuel ?? .max) }
        // Without a deadline of its own a new store would be interrupted at once.
        if engine.configuration.checksEpochs { setEpochDeadline(ticks: Self.farAway) }
    }

    deinit {
        if case .shared(let memory) = quickMemory { wasmtime_sharedmemory_delete(memory) }
        wasmtime_store_delete(handle)
    }

    /// More ticks than any clock makes, and few enough to be added to.
    private static let farAway: UInt64 = 1 << 62

    /// The store behind a context, without counting a reference.
    static func borrowed(from context: OpaquePointer?) -> Unmanaged<Store> {
        // SAFETY: only stores make contexts, and each puts itself there in its initializer.
        Unmanaged.fromOpaque(wasmtime_context_get_data(context).unsafelyUnwrapped)
    }
}

extension Store {
    /// Interrupts the guest when the engine's epoch was moved on `ticks` times from now.
    public func setEpochDeadline(ticks: UInt64) {
        wasmtime_context_set_epoch_deadline(context, min(ticks, Self.farAway))
    }

    /// What is left of the fuel.
    public func fuel() throws(EngineError) -> UInt64 {
        var fuel: UInt64 = 0
        if let error = wasmtime_context_get_fuel(context, &fuel) {
            throw EngineError(.configuration, "read the fuel", consume(error: error))
        }
        return fuel
    }

    public func setFuel(_ fuel: UInt64) throws(EngineError) {
        if let error = wasmtime_context_set_fuel(context, fuel) {
            throw EngineError(.configuration, "set the fuel", consume(error: error))
        }
    }

    /// Refuses every call from now on.
    public func markDead(_ reason: String) {
        if deathReason == nil { deathReason = reason }
    }

    func checkAlive(_ action: String) throws(EngineError) {
        if let deathReason { throw EngineError(.storeUnusable, action, "the store was given up: \(deathReason)") }
    }

    /// Keeps what a host function threw until the call that it ends has come back.
    func keep(_ thrown: Trap) { self.thrown = thrown }

    func takeThrown() -> Trap? {
        defer { thrown = nil }
        return thrown
    }
}
