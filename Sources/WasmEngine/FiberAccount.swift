import CWasmtime

/// How many calls may be suspended in one store at a time.
public enum FiberPolicy: Sendable {
    /// As many as there are fibers. Measured to work with 50.0.1, although the library's contract promises only one.
    case many
    /// One, which the library's contract promises: the others wait for their turn.
    case one
}

/// What a store knows about the fibers in it.
struct FiberAccount {
    var policy = FiberPolicy.many

    /// Calls that have begun and aren't over.
    var live = 0

    /// Calls whose guest code is on a stack right now: 0 or 1, and more only when host functions call back into the guest.
    var running = 0

    /// Whether an instance has functions that suspend, so that the library refuses calls outside of fibers.
    var areRequired = false

    var mayStart: Bool { policy == .many || live == 0 }

    /// A call that isn't a fiber may go into the guest when no fiber is suspended there, or from inside the call that runs.
    func checkIdle(_ action: String) throws(EngineError) {
        guard running > 0 || live == 0 else {
            throw EngineError(.storeUnusable, action, "\(live) calls are suspended in the store")
        }
    }
}

extension Store {
    /// How many calls may be suspended at a time; to be chosen before the first.
    public var fiberPolicy: FiberPolicy {
        get { fibers.policy }
        set { fibers.policy = newValue }
    }

    /// Lets fibers run for `ticks` of the engine's epoch from each resume on: at the end they suspend instead of being
    /// interrupted. From now on calls are made by fibers only.
    public func setEpochSlice(ticks: UInt64) {
        fibers.areRequired = true
        wasmtime_context_epoch_deadline_async_yield_and_update(context, ticks)
        // The slices after the first are the library's; the first is ours.
        setEpochDeadline(ticks: ticks)
    }
}
