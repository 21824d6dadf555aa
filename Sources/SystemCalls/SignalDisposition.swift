import Glibc

/// What a signal does to this process, kept so that it can be put back.
public struct SignalDisposition: ~Copyable {
    private let number: Int32
    private let saved: sigaction

    /// Ignores the signal and remembers what it did before.
    public init(ignoring number: Int32) throws(SystemCallError) {
        var previous = sigaction()
        _ = try checked("sigaction") { sigaction(number, nil, &previous) }
        SignalSet.ignore(number)
        self.number = number
        saved = previous
    }

    /// Does what it did before.
    public borrowing func restore() {
        var action = saved
        _ = sigaction(number, &action, nil)
    }
}
