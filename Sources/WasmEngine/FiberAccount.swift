/// How many calls are suspended in one store, and how many may be.
public enum FiberPolicy: Sendable {
    /// As many as there are fibers. Measured to work with 50.0.1, although the library's contract promises only one.
    case many
    /// One at a time, which the library's contract promises: others wait for their turn.
    case one
}

struct FiberAccount {
    var policy = FiberPolicy.many
    var live = 0

    /// A call on the thread's own stack may not go past one that is suspended.
    func checkIdle(_ action: String) throws(EngineError) {
        if live > 0 { throw EngineError(.storeUnusable, action, "\(live) calls are suspended in the store") }
    }
}
