/// What a host function gives back when it isn't over: the rest of it, to be run at once, and then at each
/// resume of the fiber until it is over.
public struct Suspension {
    /// Looks whether the wait is over. If so it writes the results over the arguments and returns true; what it throws ends
    /// the guest. The memory is a view taken anew.
    public typealias Continuation = (GuestMemory, RawValues) throws(Trap) -> Bool

    let continuation: Continuation

    public init(_ continuation: @escaping Continuation) { self.continuation = continuation }
}

/// The body of a host function that may suspend: nil when it is over and its results are written.
public typealias SuspendingFunctionBody = @Sendable (Caller, RawValues) throws(Trap) -> Suspension?
