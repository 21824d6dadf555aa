import SystemCalls

/// Finds the addresses of a name: the hosts file, then the DNS.
///
/// A client of our own, since the C library's getaddrinfo(3) opens files and loads plug-ins at the time of the lookup,
/// which the sandbox forbids, and runs their code in the guest's process. This one needs only the socket calls that a
/// guest with a network has anyway. What it believes: an answer from the asked server's address and port to a source
/// port that the kernel chose at random, with a random id and the same question.
public struct HostNameResolver: Sendable {
    public let configuration: ResolverConfiguration

    public init(configuration: ResolverConfiguration) { self.configuration = configuration }

    /// Which addresses are wanted.
    public enum Wanted: Sendable {
        case v4, v6, both

        var types: [DNSMessage.RecordType] {
            switch self {
            case .v4: [.a]
            case .v6: [.aaaa]
            case .both: [.a, .aaaa]
            }
        }

        func includes(_ address: IPAddress) -> Bool {
            switch self {
            case .v4: !address.isV6
            case .v6: address.isV6
            case .both: true
            }
        }
    }

    /// What was found for a name.
    public struct Found: Hashable, Sendable {
        /// Never empty; IPv4 first.
        public var addresses: [IPAddress]
        public var canonicalName: HostName
        /// From a hosts file that the operator stands behind, or a name that means this host.
        public var isLocalKnowledge: Bool
    }

    public enum Failure: Error, Hashable, Sendable {
        /// No server knows the name.
        case noSuchName(HostName)
        /// The name exists and has no address of the wanted kind.
        case noAddress(HostName)
        /// No server answered, or none could say.
        case noAnswer(HostName)
    }

    private static let addressLimit = 64
    private static let aliasQueryLimit = 4

    /// Blocks until an answer, at most servers × attempts × timeout for each name on the search list.
    public func resolve(_ name: HostName, _ wanted: Wanted = .both) throws(Failure) -> Found {
        if let known = localKnowledge(of: name) {
            let addresses = known.filter(wanted.includes)
            guard !addresses.isEmpty else { throw .noAddress(name) }
            return Found(
                addresses: addresses, canonicalName: name,
                isLocalKnowledge: configuration.trustsHosts || Self.meansThisHost(name))
        }
        var worst = Failure.noSuchName(name)
        for candidate in candidates(for: name) {
            do throws(Failure) {
                return try lookUp(candidate, wanted)
            } catch {
                switch error {
                case .noSuchName: continue
                case .noAddress: worst = .noAddress(name)
                case .noAnswer: throw .noAnswer(name)
                }
            }
        }
        throw worst
    }

    /// What this machine knows without asking: its hosts file, and `localhost` (RFC 6761, section 6.3).
    func localKnowledge(of name: HostName) -> [IPAddress]? {
        let isKnown = configuration.hosts[name] != nil
        if Self.meansThisHost(name), !(isKnown && configuration.trustsHosts) {
            return [.v4(.loopback), .v6(.loopback)]
        }
        return configuration.hosts[name]
    }

    private static func meansThisHost(_ name: HostName) -> Bool {
        name.text == "localhost" || name.text.hasSuffix(".localhost")
    }

    /// The names to ask for, by the search list of resolv.conf(5).
    func candidates(for name: HostName) -> [HostName] {
        let searched = configuration.searchDomains.compactMap { HostName("\(name.text).\($0.text)") }
        return name.labels.count > configuration.dotsForAbsolute ? [name] + searched : searched + [name]
    }

    private func lookUp(_ name: HostName, _ wanted: Wanted) throws(Failure) -> Found {
        var current = name
        for _ in 0..<Self.aliasQueryLimit {
            let answers = try exchange(current, wanted.types)
            let addresses = Array(answers.flatMap(\.addresses).prefix(Self.addressLimit))
            let alias = answers.map(\.canonicalName).first { $0 != current }
            if !addresses.isEmpty {
                return Found(addresses: addresses, canonicalName: alias ?? current, isLocalKnowledge: false)
            }
            // An alias without its address in the same answer: ask for it by its own name.
            guard let alias else { throw .noAddress(name) }
            current = alias
        }
        throw .noAddress(name)
    }

    /// Asks one server after the other until one gives an answer that can be believed.
    private func exchange(_ name: HostName, _ types: [DNSMessage.RecordType]) throws(Failure) -> [DNSMessage.Answer] {
        for _ in 0..<configuration.attempts {
            for server in configuration.servers {
                var exchange = DNSExchange(server: server, timeout: configuration.timeout)
                do throws(DNSExchange.Failure) {
                    return try exchange.ask(name, types)
                } catch {
                    switch error {
                    case .noSuchName: throw .noSuchName(name)
                    case .serverUnusable: continue
                    }
                }
            }
        }
        throw .noAnswer(name)
    }
}
