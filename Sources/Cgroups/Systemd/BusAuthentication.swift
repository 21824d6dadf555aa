/// The client's side of the authentication. D-Bus specification, "Authentication Protocol".
///
/// Always EXTERNAL without an identity of our own: the kernel tells the bus who we are, in whatever user namespace we stand.
struct BusAuthentication {
    /// All that a client says, behind the one zero byte, without waiting for answers in between.
    ///
    /// As systemd's own client does it: its server forgets a first call that comes in one read with `BEGIN`.
    static let opening: [UInt8] = [0] + Array("AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".utf8)

    /// A line that the other side sends.
    static let lineLimit = 1024

    /// Lines that are still to come: one for `AUTH`, one for `DATA`.
    private var awaited = 2

    var isDone: Bool { awaited == 0 }

    /// Takes a line, which comes without its end.
    mutating func take(_ line: String) throws(BusError) {
        let command = line.prefix { $0 != " " }
        switch (awaited, command) {
        // Old servers of systemd say OK to both.
        case (2, "DATA"), (2, "OK"), (1, "OK"): awaited -= 1
        case (_, "REJECTED"): throw .unreachable("the bus doesn't let this user in (SASL EXTERNAL was rejected)")
        default: throw .violation("\"\(command.prefix(40))\" during authentication")
        }
    }
}
