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

    /// A call that isn't a fiber may go into the guest when no fiber is suspended there, or from inside the one that runs.
    func checkIdle(_ action: String) throws(EngineError) {
        if live > running { throw EngineError(.storeUnusable, action, "\(live - running) calls are suspended in the store") }
    }
}

extension Store {
    /// How many calls may be suspended at a time; to be chosen before the first.
    public var fiberPolicy: FiberPolicy {
        get { fibers.policy }
        set { fibers.policy = newValue }
    }
}
