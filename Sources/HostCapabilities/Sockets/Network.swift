import SystemCalls

/// A guest's network: its policy, what its names resolved to, and the sockets that were opened for it beforehand.
///
/// Every socket of the guest is made here and asks here before it binds, connects or sends.
public final class Network: Sendable {
    public let policy: NetworkPolicy
    let rests: Rests
    private let resolver: HostNameResolver
    private let state = Mutex(State())

    private struct State {
        /// What the resolver found for each rule by name.
        var resolved: [OutboundRule.Hosts: Set<IPAddress>] = [:]
        /// When a rule's own name was last looked up, in nanoseconds of the monotonic clock.
        var lastLookup: [HostName: UInt64] = [:]
        var listeners: [PortMapping: WeakListener] = [:]
        /// Addresses that weren't this machine's own, and when, in nanoseconds of the monotonic clock.
        var foreign: [IPAddress: UInt64] = [:]
    }

    private struct WeakListener {
        weak var socket: Socket?
    }

    /// Addresses remembered for one rule; at one more, remembering begins anew.
    private static let addressLimit = 4096
    /// Nanoseconds for which a rule's name isn't looked up again on behalf of a guest that brought its own address.
    private static let lookupInterval: UInt64 = 30_000_000_000

    /// Addresses remembered as foreign, and for how long: one that is talked to isn't asked for at each datagram.
    private static let foreignLimit = 256
    private static let foreignInterval: UInt64 = 1_000_000_000

    /// - Parameter rests: where who waits for a socket of it does so.
    public init(
        policy: NetworkPolicy, resolver: ResolverConfiguration = ResolverConfiguration(), rests: Rests = Rests()
    ) {
        self.policy = policy
        self.rests = rests
        self.resolver = HostNameResolver(configuration: resolver)
    }

    /// A new socket, not bound and not connected. Without any grant there is nothing it could do: refused.
    public func open(
        _ family: Sockets.Family, _ kind: Sockets.Kind, nonBlocking: Bool = false
    ) throws(SocketFailure) -> Socket {
        guard policy != .none else { throw .refused }
        do throws(SystemCallError) {
            let descriptor = try Sockets.open(family, kind, nonBlocking: nonBlocking)
            return Socket(adopting: descriptor, family: family, kind: kind, network: self)
        } catch { throw .system(error) }
    }

    /// Takes over a socket that `Listener.open` made for a granted port; nil when it is no such socket.
    ///
    /// The mapping is the one whose port it is bound to; among mappings that left the port to the kernel, the first
    /// that has no socket yet.
    public func adopt(listener descriptor: consuming OwnedDescriptor) -> Socket? {
        guard let (family, kind) = Sockets.identify(descriptor.rawValue),
            let raw = try? Sockets.localAddress(descriptor.rawValue), let local = SocketAddress(raw)
        else { return nil }
        let transport: TransportProtocol = kind == .stream ? .tcp : .udp
        let mapping = state.withLock { state in
            let free = policy.ports.filter { $0.transport == transport && state.listeners[$0]?.socket == nil }
            return free.first { $0.hostPort == local.port } ?? free.first { $0.hostPort == 0 }
        }
        let socket = Socket(adopting: descriptor, family: family, kind: kind, network: self, mapping: mapping)
        if let mapping { state.withLock { $0.listeners[mapping] = WeakListener(socket: socket) } }
        return socket
    }

    /// The socket that was opened beforehand for a port, while the guest keeps it open.
    func listener(for mapping: PortMapping) -> Socket? { state.withLock { $0.listeners[mapping]?.socket } }
}

// Names, and what they allow.
extension Network {
    public enum LookupFailure: Error, Hashable, Sendable {
        /// No rule names the host: `NetworkPolicy.allowsLookup`.
        case refused
        case failed(HostNameResolver.Failure)
    }

    /// The addresses of a name, which its rules allow from now on. Blocks until the DNS answered.
    public func lookUp(
        _ name: HostName, _ wanted: HostNameResolver.Wanted = .both
    ) throws(LookupFailure) -> HostNameResolver.Found {
        // What this machine knows by itself costs no question, and so tells nobody anything.
        guard policy.allowsLookup(name) || resolver.localKnowledge(of: name) != nil else { throw .refused }
        do throws(HostNameResolver.Failure) {
            let found = try resolver.resolve(name, wanted)
            remember(found, for: name)
            return found
        } catch { throw .failed(error) }
    }

    private func remember(_ found: HostNameResolver.Found, for name: HostName) {
        let rules = policy.rules(naming: name)
        guard !rules.isEmpty else { return }
        let addresses = found.addresses.map(\.canonical).filter {
            found.isLocalKnowledge || !$0.isHostLocal && !isOwn($0)
        }
        state.withLock { state in
            for rule in rules {
                if state.resolved[rule, default: []].count + addresses.count > Self.addressLimit {
                    state.resolved[rule] = []
                }
                state.resolved[rule, default: []].formUnion(addresses)
            }
        }
    }

    /// Whether the guest may reach an address now.
    ///
    /// A guest may have an address from elsewhere, such as its own configuration. Before such an address is refused,
    /// the names of the rules for that port are looked up, each at most once in 30 seconds.
    func allowsConnect(to target: SocketAddress) -> Bool {
        if knowsAllowed(target) { return true }
        for name in namesToRefresh(for: target.port) {
            if let found = try? resolver.resolve(name) { remember(found, for: name) }
            if knowsAllowed(target) { return true }
        }
        return false
    }

    /// Whether the guest may reach an address by what is known so far.
    func knowsAllowed(_ target: SocketAddress) -> Bool {
        policy.allowsConnect(target.address, port: target.port, isOwn: isOwn) { rule, address in
            state.withLock { $0.resolved[rule]?.contains(address) ?? false }
        }
    }

    private func isOwn(_ address: IPAddress) -> Bool {
        let now = Clocks.now(.monotonic)
        if let asked = state.withLock({ $0.foreign[address] }), now &- asked < Self.foreignInterval { return false }
        if OwnAddress.isOne(address) { return true }
        state.withLock { state in
            if state.foreign.count >= Self.foreignLimit { state.foreign = [:] }
            state.foreign[address] = now
        }
        return false
    }

    private func namesToRefresh(for port: UInt16) -> [HostName] {
        let names = policy.outbound.compactMap { rule -> HostName? in
            guard case .name(let name) = rule.hosts, rule.covers(port: port) else { return nil }
            return name
        }
        guard !names.isEmpty else { return [] }
        let now = Clocks.now(.monotonic)
        return state.withLock { state in
            names.filter { name in
                if let last = state.lastLookup[name], now &- last < Self.lookupInterval { return false }
                state.lastLookup[name] = now
                return true
            }
        }
    }
}

/// Why a socket didn't do what was asked.
public enum SocketFailure: Error, Hashable, Sendable {
    /// The policy grants no such port, address or lookup.
    case refused
    case system(SystemCallError)

    /// As the guest sees it: a refusal is `EACCES`.
    public var errno: Errno {
        switch self {
        case .refused: .accessDenied
        case .system(let error): error.errno
        }
    }
}
