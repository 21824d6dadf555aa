import SystemCalls

/// What the resolver knows before it asks anyone: `/etc/hosts` and `/etc/resolv.conf`, read before the sandbox closes.
public struct ResolverConfiguration: Hashable, Sendable {
    /// Names of the hosts file, each with its addresses in the file's order.
    public var hosts: [HostName: [IPAddress]]
    /// Whether the operator stands behind the hosts file: only then does it open addresses of this host by a rule's name.
    public var trustsHosts = true
    /// At most three, asked in order.
    public var servers: [SocketAddress]
    /// Domains to try behind a name with few dots, at most 32.
    public var searchDomains: [HostName]
    /// From this many dots on, a name is tried as it stands first.
    public var dotsForAbsolute: Int
    /// Nanoseconds to wait for one server.
    public var timeout: UInt64
    /// How often each server is asked.
    public var attempts: Int

    public init(
        hosts: [HostName: [IPAddress]] = [:], servers: [SocketAddress] = [], searchDomains: [HostName] = [],
        dotsForAbsolute: Int = 1, timeout: UInt64 = 5_000_000_000, attempts: Int = 2
    ) {
        self.hosts = hosts
        self.servers = servers
        self.searchDomains = searchDomains
        self.dotsForAbsolute = dotsForAbsolute
        self.timeout = timeout
        self.attempts = attempts
    }

    private static let fileLimit = 1 << 20
    private static let serverLimit = 3
    private static let searchLimit = 32
    private static let addressLimit = 64

    /// Reads the host's files. One that is missing or too long counts as empty; without a server, the machine's own is
    /// asked, as resolv.conf(5) says.
    ///
    /// - Parameter resolver: nil asks no server at all.
    public static func load(hosts: String? = "/etc/hosts", resolver: String? = "/etc/resolv.conf")
        -> ResolverConfiguration
    {
        var configuration = ResolverConfiguration(hostsFile: text(of: hosts), resolverFile: text(of: resolver))
        if resolver == nil { configuration.servers = [] }
        return configuration
    }

    private static func text(of file: String?) -> String {
        guard let file, let bytes = try? Files.contents(of: file, limit: fileLimit) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// From the texts of hosts(5) and resolv.conf(5). Lines that can't be read are passed over, as the C library does.
    public init(hostsFile: String, resolverFile: String) {
        self.init()
        for line in hostsFile.utf8Lines { addHost(line) }
        for line in resolverFile.utf8Lines { addResolver(line) }
        if servers.isEmpty { servers = [SocketAddress(.v4(.loopback), port: 53)] }
    }

    private mutating func addHost(_ line: Substring) {
        let words = line.prefix { $0 != "#" }.words
        guard let first = words.first, let address = IPAddress(first) else { return }
        for word in words.dropFirst() {
            guard let name = HostName(word), hosts[name, default: []].count < Self.addressLimit else { continue }
            hosts[name, default: []].append(address)
        }
    }

    private mutating func addResolver(_ line: Substring) {
        let words = line.prefix { $0 != "#" && $0 != ";" }.words
        switch words.first {
        case "nameserver":
            guard servers.count < Self.serverLimit, words.count > 1, let address = IPAddress(words[1].withoutZone)
            else {
                return
            }
            servers.append(SocketAddress(address, port: 53))
        case "search", "domain":
            searchDomains = Array(words.dropFirst().compactMap { HostName($0) }.prefix(Self.searchLimit))
        case "options":
            for word in words.dropFirst() { addOption(word) }
        default:
            return
        }
    }

    private mutating func addOption(_ word: Substring) {
        let parts = word.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let value = StrictDecimal.parse(parts[1].utf8, through: 1000) else { return }
        switch parts[0] {
        case "ndots": dotsForAbsolute = min(value, 15)
        case "timeout": timeout = UInt64(min(max(value, 1), 30)) * 1_000_000_000
        case "attempts": attempts = min(max(value, 1), 5)
        default: return
        }
    }
}

extension String {
    fileprivate var utf8Lines: [Substring] { split { $0 == "\n" || $0 == "\r\n" } }
}

extension Substring {
    fileprivate var words: [Substring] { split { $0 == " " || $0 == "\t" } }

    /// `fe80::1%eth0` without the zone: one interface's server can still be reached by most hosts.
    fileprivate var withoutZone: Substring { prefix { $0 != "%" } }
}
