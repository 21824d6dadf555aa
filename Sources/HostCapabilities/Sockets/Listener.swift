import SystemCalls

/// The host's side of a granted port: the socket that is opened before the sandbox closes and handed to the guest.
public enum Listener {
    /// Connections that wait to be accepted.
    public static let backlog: Int32 = 1024

    /// Opens, binds and for TCP starts to listen.
    ///
    /// A mapping without an address listens on every address of both families, or of IPv4 where the host has no IPv6.
    /// The error names the address: `EADDRINUSE` when another holds the port, `EACCES` for a port below 1024 without
    /// the privilege.
    public static func open(_ mapping: PortMapping) throws(SystemCallError) -> OwnedDescriptor {
        guard let address = mapping.hostAddress else {
            do throws(SystemCallError) {
                return try open(mapping, on: .v6(.any), bothFamilies: true)
            } catch {
                guard error.errno == .familyUnsupported || error.errno == .addressUnavailable else { throw error }
                return try open(mapping, on: .v4(.any), bothFamilies: false)
            }
        }
        return try open(mapping, on: address, bothFamilies: false)
    }

    private static func open(
        _ mapping: PortMapping, on address: IPAddress, bothFamilies: Bool
    ) throws(SystemCallError) -> OwnedDescriptor {
        let address = SocketAddress(address, port: mapping.hostPort)
        let socket = try Sockets.open(address.family, mapping.transport == .tcp ? .stream : .datagram)
        if address.family == .v6 { try Sockets.setOption(socket.rawValue, .v6Only, bothFamilies ? 0 : 1) }
        do throws(SystemCallError) {
            // A restarted workload gets its port back while old connections linger. On a datagram socket the option
            // would let two workloads share the port.
            if mapping.transport == .tcp { try Sockets.setOption(socket.rawValue, .reuseAddress, 1) }
            try Sockets.bind(socket.rawValue, to: address.raw)
            if mapping.transport == .tcp { try Sockets.listen(socket.rawValue, backlog: backlog) }
        } catch {
            throw SystemCallError(error.call, "\(address)/\(mapping.transport.rawValue)", error.errno)
        }
        return socket
    }

    /// The port that an opened socket has: what the kernel chose for a mapping with the host port 0.
    public static func port(of descriptor: Int32) throws(SystemCallError) -> UInt16 {
        guard let address = SocketAddress(try Sockets.localAddress(descriptor)) else {
            throw SystemCallError("getsockname", nil, .familyUnsupported)
        }
        return address.port
    }
}
