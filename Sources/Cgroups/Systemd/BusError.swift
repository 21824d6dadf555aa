import SystemCalls

/// What goes wrong between us and a message bus.
enum BusError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No address leads to a bus.
    case unreachable(String)
    case failed(SystemCallError)
    /// What it was that took too long.
    case timedOut(String)
    case closed
    /// The other side doesn't keep to the protocol: what it sent.
    case violation(String)
    /// What we were to send doesn't fit into the protocol.
    case unsendable(String)
    /// An error that was sent as the answer: its name and its text.
    case answered(name: String, text: String)

    var description: String {
        switch self {
        case .unreachable(let reason): reason
        case .failed(let cause): "\(cause)"
        case .timedOut(let what): "no answer in time (\(what))"
        case .closed: "the bus closed the connection"
        case .violation(let what): "the bus doesn't keep to the protocol: it sent \(what)"
        case .unsendable(let what): what
        case .answered(let name, let text):
            text.isEmpty ? name : "\(text.printable(upTo: Self.quoted)) (\(name.printable(upTo: Self.quoted)))"
        }
    }

    /// How much of the bus's own words stands in our sentence.
    private static let quoted = 400

    func isAnswer(_ name: String) -> Bool {
        guard case .answered(name: name, text: _) = self else { return false }
        return true
    }
}
