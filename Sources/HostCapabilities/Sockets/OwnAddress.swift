import SystemCalls

/// Whether an address is one of this machine's own, as the kernel has it now: interfaces come, and IPv6 changes addresses daily.
enum OwnAddress {
    /// Asks with a datagram socket that sends nothing: the calls that a guest with a network has anyway.
    ///
    /// Where it can't be found out, as without descriptors left, it counts as one.
    static func isOne(_ address: IPAddress) -> Bool {
        guard let socket = try? Sockets.open(address.isV6 ? .v6 : .v4, .datagram) else { return true }
        do throws(SystemCallError) {
            if !address.isV6 {
                // Who may bind addresses that aren't there (`ip_nonlocal_bind`) still can't connect from them.
                try Sockets.bind(socket.rawValue, to: SocketAddress(address, port: 0).raw)
            }
            try Sockets.connect(socket.rawValue, to: SocketAddress(address, port: anyPort).raw)
            guard address.isV6 else { return true }
            // To an own address the kernel goes from that address.
            return SocketAddress(try Sockets.localAddress(socket.rawValue))?.address == address
        } catch { return !elsewhere.contains(error.errno) }
    }

    private static let anyPort: UInt16 = 9

    /// What the kernel says of an address that isn't ours, or that there is no way to.
    private static let elsewhere: [Errno] = [
        .addressUnavailable, .invalid, .accessDenied, .networkUnreachable, .hostUnreachable,
    ]
}
