import Synchronization
import SystemCalls

/// A guest's socket. Every call that reaches out is checked against the policy of its network first.
///
/// Calls wait or not by the descriptor's own O_NONBLOCK, or by a flag of the call. The descriptor stays open as long as
/// a call is using it, even if the guest closes it meanwhile.
public final class Socket: Sendable {
    private let descriptor: OwnedDescriptor
    /// The socket that was opened beforehand for the port that this one is bound to: from then on they are one.
    private let joined = AtomicLazyReference<Socket>()
    public let family: Sockets.Family
    public let kind: Sockets.Kind
    let network: Network
    private let state: SystemCalls.Mutex<State>

    private struct State {
        /// The granted port that the socket is bound to or was accepted from.
        var mapping: PortMapping?
        /// Whom a datagram socket is connected to.
        var peer: SocketAddress?
        var peers = RecentPeers()
    }

    init(
        adopting descriptor: consuming OwnedDescriptor, family: Sockets.Family, kind: Sockets.Kind, network: Network,
        mapping: PortMapping? = nil
    ) {
        self.descriptor = descriptor
        self.family = family
        self.kind = kind
        self.network = network
        state = SystemCalls.Mutex(State(mapping: mapping))
    }

    /// For poll(2), fcntl(2) and the like; valid as long as the socket lives.
    public var hostDescriptor: Int32 { joined.load()?.descriptor.rawValue ?? descriptor.rawValue }

    /// Binds to a granted port of the guest, or for a client to port 0 of any address.
    ///
    /// A granted port leads to the host's address and port of its mapping. If a socket was opened for it beforehand, this
    /// socket becomes a second handle of that one. Refused for any other port.
    public func bind(to address: SocketAddress) throws(SocketFailure) {
        guard address.family == family else {
            throw .system(SystemCallError("bind", address.description, .familyUnsupported))
        }
        if address.port == 0 {
            guard !network.policy.outbound.isEmpty else { throw .refused }
            return try bind(onHost: address)
        }
        let transport: TransportProtocol = kind == .stream ? .tcp : .udp
        guard let grant = network.policy.grant(binding: address.address, port: address.port, transport) else {
            throw .refused
        }
        if let opened = network.listener(for: grant.mapping), opened !== self {
            try join(opened)
        } else {
            var host = grant.hostAddress
            host.scope = address.scope
            try bind(onHost: host)
        }
        state.withLock { $0.mapping = grant.mapping }
    }

    private func bind(onHost address: SocketAddress) throws(SocketFailure) {
        do throws(SystemCallError) {
            try Sockets.bind(hostDescriptor, to: address.raw)
        } catch { throw .system(SystemCallError(error.call, address.description, error.errno)) }
    }

    /// Becomes a second handle of another socket, which from now on waits or not as this one does.
    private func join(_ other: Socket) throws(SocketFailure) {
        do throws(SystemCallError) {
            let flags = try Descriptors.statusFlags(hostDescriptor)
            guard joined.storeIfNil(other) === other else { throw SystemCallError("bind", nil, .invalid) }
            try Descriptors.setStatusFlags(hostDescriptor, flags)
        } catch { throw .system(error) }
    }

    /// Waits for connections on the granted port that the socket is bound to; refused for any other.
    public func listen(backlog: Int32) throws(SocketFailure) {
        guard state.withLock({ $0.mapping != nil }) else { throw .refused }
        do throws(SystemCallError) {
            try Sockets.listen(hostDescriptor, backlog: max(0, min(backlog, Listener.backlog)))
        } catch { throw .system(error) }
    }

    /// The next connection. `EINVAL` on a socket that doesn't listen, `EAGAIN` when it would have to wait and may not.
    public func accept(nonBlocking: Bool = false) throws(SocketFailure) -> Socket {
        if !nonBlocking { waitForConnection() }
        do throws(SystemCallError) {
            let connection = try Sockets.accept(hostDescriptor, nonBlocking: nonBlocking)
            return Socket(
                adopting: connection, family: family, kind: kind, network: network,
                mapping: state.withLock { $0.mapping })
        } catch { throw .system(error) }
    }

    /// Connects to an address that the outbound rules allow; `EINPROGRESS` when it would have to wait and may not.
    public func connect(to address: SocketAddress) throws(SocketFailure) {
        guard network.allowsConnect(to: address) else { throw .refused }
        do throws(SystemCallError) {
            try Sockets.connect(hostDescriptor, to: address.raw)
        } catch { throw .system(SystemCallError(error.call, address.description, error.errno)) }
        guard kind == .datagram else { return }
        let peer = try? peerAddress()
        state.withLock { $0.peer = peer }
    }

    /// Takes a datagram socket's connection away.
    public func disconnect() throws(SocketFailure) {
        do throws(SystemCallError) {
            try Sockets.connect(hostDescriptor, to: .unspecified)
        } catch { throw .system(error) }
        state.withLock { $0.peer = nil }
    }

    public func shutDown(_ direction: Sockets.Direction) throws(SocketFailure) {
        do throws(SystemCallError) {
            try Sockets.shutDown(hostDescriptor, direction)
        } catch { throw .system(error) }
    }
}

// Moving bytes.
extension Socket {
    /// What one receive brought.
    public struct Received: Sendable {
        /// Bytes written; 0 at the end of a stream.
        public var count: Int
        /// The datagram was longer than the room for it.
        public var isTruncated: Bool
        /// Who sent it, where the kernel says so.
        public var source: SocketAddress?
    }

    /// Datagrams from strangers that one receive throws away before it gives up with `EAGAIN`.
    private static let strangerLimit = 64

    /// Receives into the pieces.
    ///
    /// A datagram socket without a granted port hears only its peer and whom it may send to: what comes from others is
    /// dropped, as a firewall would. What came before it was connected is still in the kernel's queue then.
    public func receive(
        into pieces: UnsafeBufferPointer<IOVector>, flags: Sockets.MessageFlags = []
    ) throws(SocketFailure) -> Received {
        guard kind == .datagram else { return try receiveOnce(into: pieces, flags) }
        for _ in 0..<Self.strangerLimit {
            let isPeek = flags.contains(.peek)
            let received = try receiveOnce(into: pieces, flags)
            if let source = received.source, !accepts(from: source) {
                // A stranger's datagram that was only looked at would be found again.
                if isPeek { _ = try? receiveOnce(into: UnsafeBufferPointer(start: nil, count: 0), .dontWait) }
                continue
            }
            return received
        }
        throw .system(SystemCallError("recvmsg", nil, .again))
    }

    private func receiveOnce(
        into pieces: UnsafeBufferPointer<IOVector>, _ flags: Sockets.MessageFlags
    ) throws(SocketFailure) -> Received {
        do throws(SystemCallError) {
            let received = try receiveResting(into: pieces, flags)
            return Received(
                count: received.count, isTruncated: received.flags.contains(.truncated),
                source: guestForm(of: received.source))
        } catch { throw .system(error) }
    }

    /// Whether a datagram may be handed to the guest; notes the sender on a granted port, who may be answered.
    private func accepts(from source: SocketAddress) -> Bool {
        let isKnown = state.withLock { state in
            if state.mapping != nil { state.peers.insert(source) }
            return state.mapping != nil
                || state.peer.map { $0.address == source.address && $0.port == source.port } ?? false
        }
        // Without a lookup: a stranger must not make the guest wait for the DNS.
        return isKnown || network.knowsAllowed(source)
    }

    /// Sends some of the bytes and returns how many.
    ///
    /// A datagram to an address needs an outbound rule, unless it answers one that came in on a granted port.
    public func send(
        _ pieces: UnsafeBufferPointer<IOVector>, to address: SocketAddress? = nil, flags: Sockets.MessageFlags = []
    ) throws(SocketFailure) -> Int {
        // A stream has one peer: the kernel passes over an address.
        let target = kind == .datagram ? address : nil
        if let target {
            let isAnswer = state.withLock { $0.mapping != nil && $0.peers.contains(target) }
            guard isAnswer || network.allowsConnect(to: target) else { throw .refused }
        }
        do throws(SystemCallError) {
            return try Sockets.send(hostDescriptor, pieces, to: target?.raw, flags: flags)
        } catch { throw .system(error) }
    }
}

// Addresses and options.
extension Socket {
    /// Where the socket is bound, with the port as the guest knows it.
    public func localAddress() throws(SocketFailure) -> SocketAddress {
        do throws(SystemCallError) {
            guard var address = guestForm(of: try Sockets.localAddress(hostDescriptor)) else {
                throw SystemCallError("getsockname", nil, .familyUnsupported)
            }
            if let mapping = state.withLock({ $0.mapping }) { address.port = mapping.guestPort }
            return address
        } catch { throw .system(error) }
    }

    /// Who is at the other end: `ENOTCONN` when nobody is.
    public func peerAddress() throws(SocketFailure) -> SocketAddress {
        do throws(SystemCallError) {
            guard let address = guestForm(of: try Sockets.peerAddress(hostDescriptor)) else {
                throw SystemCallError("getpeername", nil, .familyUnsupported)
            }
            return address
        } catch { throw .system(error) }
    }

    /// A guest's IPv4 socket may stand on a host's socket for both families: shows IPv4 addresses as such.
    private func guestForm(of raw: RawSocketAddress) -> SocketAddress? {
        guard var address = SocketAddress(raw) else { return nil }
        guard family == .v4 else { return address }
        address.address = address.address == .v6(.any) ? .v4(.any) : address.address.canonical
        return address
    }

    /// Fills the buffer and returns how many bytes the value has.
    public func option(
        _ option: Sockets.OptionName, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SocketFailure) -> Int {
        do throws(SystemCallError) {
            return try Sockets.option(hostDescriptor, option.level, option.name, into: buffer)
        } catch { throw .system(error) }
    }

    public func setOption(_ option: Sockets.OptionName, _ value: UnsafeRawBufferPointer) throws(SocketFailure) {
        do throws(SystemCallError) {
            try Sockets.setOption(hostDescriptor, option.level, option.name, value)
        } catch { throw .system(error) }
    }
}
