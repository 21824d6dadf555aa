import SystemCalls

/// What a supervisor carries between its workload and the world while it waits.
protocol StreamRelay: ~Copyable {
    /// What to wait for.
    var requests: [PollRequest] { get }

    /// Moves what has come; `found` answers `requests`, in its order.
    mutating func serve(_ found: ArraySlice<PollRequest>) throws(SystemCallError)

    /// The window of our own terminal has another size.
    mutating func windowChanged()

    /// The workload ended: moves what it left behind, without waiting.
    ///
    /// - Returns: false when something is left for which `requests` has to be waited.
    mutating func finish() throws(SystemCallError) -> Bool
}

/// A workload that has our own streams needs nothing carried.
struct NoRelay: StreamRelay {
    var requests: [PollRequest] { [] }
    mutating func serve(_ found: ArraySlice<PollRequest>) {}
    mutating func windowChanged() {}
    mutating func finish() -> Bool { true }
}
