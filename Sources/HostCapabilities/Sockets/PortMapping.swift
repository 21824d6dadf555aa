/// A protocol that carries ports.
public enum TransportProtocol: String, Hashable, Sendable, CaseIterable {
    case tcp, udp
}

/// One granted port: where the host listens for it, and which port the guest knows it by.
///
/// Text form: `[ip:]host:guest[/tcp|udp]`, as in `8080:80`, `127.0.0.1:5353:53/udp`, `[::1]:8080:80`.
public struct PortMapping: Hashable, Sendable {
    /// The host's address to listen on; nil is every address.
    public var hostAddress: IPAddress?
    /// 0 lets the kernel choose.
    public var hostPort: UInt16
    public var guestPort: UInt16
    public var transport: TransportProtocol

    public init(
        hostAddress: IPAddress? = nil, hostPort: UInt16, guestPort: UInt16, transport: TransportProtocol = .tcp
    ) {
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.guestPort = guestPort
        self.transport = transport
    }

    /// The most mappings that one text may list.
    public static let listLimit = 256

    /// Parses the text form. A port alone, as in `8080`, is refused: the error says what to write.
    public init(parsing text: String) throws(NetworkRuleError) {
        func refuse(_ problem: String, _ advice: String) -> NetworkRuleError {
            NetworkRuleError(text: text, problem: problem, advice: advice)
        }
        let form = "write [ip:]host:guest[/tcp|udp], such as 8080:80 or 127.0.0.1:5353:53/udp"
        guard text.utf8.count <= 128 else { throw NetworkRuleError(text: "…", problem: "is too long", advice: form) }
        var rest = text[...]
        transport = .tcp
        if let slash = rest.lastIndex(of: "/") {
            let name = rest[rest.index(after: slash)...]
            guard let known = TransportProtocol(rawValue: String(name)) else {
                throw refuse("has the protocol \"\(name)\"", "write /tcp or /udp")
            }
            transport = known
            rest = rest[..<slash]
        }
        guard !rest.isEmpty else { throw refuse("names no port", form) }
        guard let guestColon = rest.lastIndex(of: ":") else {
            throw refuse("names one port only", "write \(rest):\(rest) to give the guest the host's port \(rest)")
        }
        guestPort = try Self.port(rest[rest.index(after: guestColon)...], of: text, role: "guest", lowest: 1)
        rest = rest[..<guestColon]
        guard let hostColon = rest.lastIndex(of: ":") else {
            hostPort = try Self.port(rest, of: text, role: "host", lowest: 0)
            hostAddress = nil
            return
        }
        hostPort = try Self.port(rest[rest.index(after: hostColon)...], of: text, role: "host", lowest: 0)
        let address = rest[..<hostColon]
        if address.first == "[", address.last == "]", let v6 = IPv6Address(address.dropFirst().dropLast()) {
            hostAddress = .v6(v6)
        } else if let v4 = IPv4Address(address) {
            hostAddress = .v4(v4)
        } else if IPv6Address(address) != nil {
            throw refuse("has an IPv6 address without brackets", "write [\(address)]:\(hostPort):\(guestPort)")
        } else {
            throw refuse("has \"\(address)\" where an address of this host belongs", form)
        }
    }

    /// Parses a list separated by commas, as the annotation `dev.martlet.ports` has it. Spaces around an entry are
    /// allowed; a port granted twice is refused.
    public static func list(parsing text: String) throws(NetworkRuleError) -> [PortMapping] {
        let entries = text.split(separator: ",", omittingEmptySubsequences: false)
        guard entries.count <= listLimit else {
            throw NetworkRuleError(
                text: "\(text.prefix(40))…", problem: "lists more than \(listLimit) ports", advice: "grant fewer")
        }
        var result: [PortMapping] = []
        for entry in entries { result.append(try PortMapping(parsing: entry.trimmingSpaces())) }
        try checkDistinct(result)
        return result
    }

    /// Refuses two mappings that give the guest the same port.
    public static func checkDistinct(_ mappings: [PortMapping]) throws(NetworkRuleError) {
        for (index, mapping) in mappings.enumerated() {
            let isTwice = mappings[..<index].contains {
                $0.guestPort == mapping.guestPort && $0.transport == mapping.transport
            }
            if isTwice {
                throw NetworkRuleError(
                    text: mapping.description, problem: "gives the guest port \(mapping.guestPort) a second time",
                    advice: "map each guest port once")
            }
        }
    }

    private static func port(
        _ digits: Substring, of text: String, role: String, lowest: Int
    ) throws(NetworkRuleError) -> UInt16 {
        guard let number = StrictDecimal.parse(digits.utf8, through: 65535), number >= lowest else {
            throw NetworkRuleError(
                text: text, problem: "has the \(role) port \"\(digits)\"",
                advice: "write a number from \(lowest) to 65535")
        }
        return UInt16(number)
    }
}

extension PortMapping: CustomStringConvertible {
    public var description: String {
        let address = hostAddress.map { "\($0.bracketed):" } ?? ""
        return "\(address)\(hostPort):\(guestPort)/\(transport.rawValue)"
    }
}

/// A port mapping or an outbound rule that can't be read.
public struct NetworkRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    public let text: String
    public let problem: String
    public let advice: String

    public var description: String { "\"\(text)\" \(problem): \(advice)" }
}

extension StringProtocol {
    /// Without the spaces at both ends.
    func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
