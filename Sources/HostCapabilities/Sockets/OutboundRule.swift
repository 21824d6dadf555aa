/// One grant to reach out: hosts and a port, over TCP and UDP alike.
///
/// | text | meaning |
/// |---|---|
/// | `*`, `*:443` | every public and private host; not this host itself, its link or a multicast group |
/// | `example.com:443`, `example.com:*` | the addresses that our resolver found for the name |
/// | `*.example.com:443` | the same for every name below it |
/// | `10.0.0.7:5432`, `[2001:db8::7]:*` | one address |
/// | `10.0.0.0/8`, `10.0.0.0/8:5432`, `[2001:db8::]/32:443` | a network; without a port, every port |
public struct OutboundRule: Hashable, Sendable {
    public enum Hosts: Hashable, Sendable {
        /// Every host but this one and its link (`IPAddress.isHostLocal`).
        case all
        case network(IPNetwork)
        case name(HostName)
        /// Every name that ends in a dot and this name.
        case namesBelow(HostName)
    }

    public var hosts: Hosts
    /// nil is every port.
    public var port: UInt16?

    public init(_ hosts: Hosts, port: UInt16? = nil) {
        self.hosts = hosts
        self.port = port
    }

    /// Every address of both families, this host's own too: for a guest whose host is a network namespace of its own.
    public static let everyNetwork = [
        OutboundRule(.network(IPNetwork(.v4(.any), bits: 0))), OutboundRule(.network(IPNetwork(.v6(.any), bits: 0))),
    ]

    public func covers(port: UInt16) -> Bool { self.port == nil || self.port == port }

    /// Parses the text form. A host without a port is refused: the error says what to write.
    public init(parsing text: String) throws(NetworkRuleError) {
        guard text.utf8.count <= 300 else {
            throw NetworkRuleError(text: "\(text.prefix(40))…", problem: "is too long", advice: Self.form)
        }
        guard !text.isEmpty else { throw NetworkRuleError(text: text, problem: "is empty", advice: Self.form) }
        if text == "*" {
            self.init(.all)
        } else if text.first == "[" {
            try self.init(bracketed: text)
        } else if text.contains("/") {
            try self.init(network: text)
        } else {
            try self.init(host: text)
        }
    }

    /// Parses a list separated by commas, as the annotation `dev.martlet.outbound` has it.
    public static func list(parsing text: String) throws(NetworkRuleError) -> [OutboundRule] {
        let entries = text.split(separator: ",", omittingEmptySubsequences: false)
        guard entries.count <= listLimit else {
            throw NetworkRuleError(
                text: "\(text.prefix(40))…", problem: "lists more than \(listLimit) rules", advice: "grant fewer")
        }
        var result: [OutboundRule] = []
        for entry in entries { result.append(try OutboundRule(parsing: entry.trimmingSpaces())) }
        return result
    }

    /// The most rules that one text may list.
    public static let listLimit = 256

    private static let form = "write host:port, host:*, a network such as 10.0.0.0/8:5432, or *"

    /// `[v6]:port`, `[v6]/bits`, `[v6]/bits:port`.
    private init(bracketed text: String) throws(NetworkRuleError) {
        func refuse(_ problem: String, _ advice: String) -> NetworkRuleError {
            NetworkRuleError(text: text, problem: problem, advice: advice)
        }
        guard let end = text.firstIndex(of: "]") else {
            throw refuse("has no closing bracket", "write [address]:port")
        }
        let inside = text[text.index(after: text.startIndex)..<end]
        var rest = text[text.index(after: end)...]
        guard let address = IPv6Address(inside) else {
            throw refuse("has \"\(inside)\" where an IPv6 address belongs", "write one such as [2001:db8::7]:443")
        }
        var bits = 128
        var needsPort = true
        if rest.first == "/" {
            let digits = rest.dropFirst().prefix { $0 != ":" }
            bits = try Self.prefixLength(digits, through: 128, of: text)
            rest = rest.dropFirst(digits.count + 1)
            needsPort = false
        }
        hosts = .network(try IPNetwork(checking: .v6(address), bits: bits, of: text))
        if rest.isEmpty {
            guard !needsPort else { throw refuse("names no port", "write \(text):443, or \(text):* for every port") }
            port = nil
        } else {
            guard rest.first == ":" else { throw refuse("goes on after the address with \"\(rest)\"", Self.form) }
            port = try Self.port(rest.dropFirst(), of: text)
        }
    }

    /// `v4/bits`, `v4/bits:port`.
    private init(network text: String) throws(NetworkRuleError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPv4Address(parts[0]) else {
            let advice = IPv6Address(parts[0]) != nil ? "write [\(parts[0])]/\(parts[1])" : Self.form
            throw NetworkRuleError(
                text: text, problem: "has \"\(parts[0])\" where an IPv4 network belongs", advice: advice)
        }
        let digits = parts[1].prefix { $0 != ":" }
        let bits = try Self.prefixLength(digits, through: 32, of: text)
        hosts = .network(try IPNetwork(checking: .v4(address), bits: bits, of: text))
        let rest = parts[1].dropFirst(digits.count)
        port = rest.isEmpty ? nil : try Self.port(rest.dropFirst(), of: text)
    }

    /// `name:port`, `*.name:port`, `v4:port`, `*:port`.
    private init(host text: String) throws(NetworkRuleError) {
        if IPv6Address(text) != nil {
            throw NetworkRuleError(
                text: text, problem: "is an IPv6 address without brackets", advice: "write [\(text)]:443")
        }
        guard let colon = text.lastIndex(of: ":") else {
            throw NetworkRuleError(
                text: text, problem: "names no port", advice: "write \(text):443, or \(text):* for every port")
        }
        let host = text[..<colon]
        port = try Self.port(text[text.index(after: colon)...], of: text)
        if host == "*" {
            hosts = .all
        } else if let address = IPv4Address(host) {
            hosts = .network(IPNetwork(.v4(address), bits: 32))
        } else if host.hasPrefix("*."), let name = HostName(String(host.dropFirst(2))) {
            hosts = .namesBelow(name)
        } else if let name = HostName(String(host)) {
            hosts = .name(name)
        } else {
            throw NetworkRuleError(text: text, problem: "has \"\(host)\" where a host belongs", advice: Self.form)
        }
    }

    private static func port(_ text: Substring, of rule: String) throws(NetworkRuleError) -> UInt16? {
        if text == "*" { return nil }
        guard let number = StrictDecimal.parse(text.utf8, through: 65535), number > 0 else {
            throw NetworkRuleError(
                text: rule, problem: "has the port \"\(text)\"", advice: "write a number from 1 to 65535, or *")
        }
        return UInt16(number)
    }

    private static func prefixLength(
        _ text: Substring, through maximum: Int, of rule: String
    ) throws(NetworkRuleError) -> Int {
        guard let bits = StrictDecimal.parse(text.utf8, through: maximum) else {
            throw NetworkRuleError(
                text: rule, problem: "has the prefix length \"\(text)\"", advice: "write a number from 0 to \(maximum)")
        }
        return bits
    }
}

extension OutboundRule: CustomStringConvertible {
    public var description: String {
        let port = self.port.map(String.init) ?? "*"
        switch hosts {
        case .all: return self.port == nil ? "*" : "*:\(port)"
        case .network(let network): return "\(network):\(port)"
        case .name(let name): return "\(name):\(port)"
        case .namesBelow(let name): return "*.\(name):\(port)"
        }
    }
}
