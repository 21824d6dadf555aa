/// The client's side of the authentication, as lines in and lines out. D-Bus specification, "Authentication Protocol".
///
/// Always EXTERNAL without an identity of our own: the kernel tells the bus who we are, in whatever user namespace we stand.
struct BusAuthentication {
    private enum State { case started, sentData, done }
    private var state = State.started

    /// A line that the other side sends.
    static let lineLimit = 1024

    /// What a client says first, behind the one zero byte.
    static let opening: [UInt8] = [0] + Array("AUTH EXTERNAL\r\n".utf8)

    var isDone: Bool { state == .done }

    /// What to answer to a line, which comes without its end.
    mutating func answer(to line: String) throws(BusError) -> String {
        switch (state, line.prefix { $0 != " " }) {
        case (.started, "DATA"):
            state = .sentData
            return "DATA\r\n"
        // Old servers say so at once.
        case (.started, "OK"), (.sentData, "OK"):
            state = .done
            return "BEGIN\r\n"
        case (_, "REJECTED"): throw .unreachable("the bus doesn't let this user in (SASL EXTERNAL was rejected)")
        case (_, let command): throw .violation("\"\(command.prefix(40))\" during authentication")
        }
    }
}
