/// An absolute http or https address, split as far as comparing origins and resolving a `Location` needs (RFC 3986).
///
/// Addresses come from registries, so anything unusual is refused: user names, fragments, bytes outside printable ASCII.
struct WebAddress: Equatable, Sendable {
    enum Scheme: String, Sendable { case http, https }

    /// Whom a credential may be sent to: scheme, host and port together.
    struct Origin: Hashable, Sendable {
        let scheme: Scheme
        let host: String
        let port: Int
    }

    let origin: Origin
    /// Begins with a slash; percent-encoded as it came.
    var path: String
    var query: String?

    init(origin: Origin, path: String, query: String? = nil) {
        self.origin = origin
        self.path = path
        self.query = query
    }

    /// Reads an absolute address; nil for anything that is not plainly one.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }),
            let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { return nil }
        let rest = text[separator.upperBound...]
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        guard let origin = Origin(scheme: scheme, authority: rest[..<authorityEnd]) else { return nil }
        self.origin = origin
        (path, query) = Self.splitPath(rest[authorityEnd...])
    }

    /// What a `Location` header means when it answers a request to this address.
    func resolving(_ location: String) -> WebAddress? {
        if location.hasPrefix("//") { return WebAddress("\(origin.scheme.rawValue):\(location)") }
        // A colon in the first part is a scheme (section 4.2).
        if location.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") { return WebAddress(location) }
        guard location.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else { return nil }
        if location.hasPrefix("/") {
            let (path, query) = Self.splitPath(location[...])
            return WebAddress(origin: origin, path: path, query: query)
        }
        guard !location.isEmpty, !location.hasPrefix("?"), !location.hasPrefix("#") else { return nil }
        let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        let (path, query) = Self.splitPath(Substring(folder + location))
        return WebAddress(origin: origin, path: path, query: query)
    }

    /// The same address with `name=value` added to its query; the server's own query stays untouched.
    func adding(_ name: String, _ value: String) -> WebAddress {
        var copy = self
        let item = "\(name)=\(PercentEncoding.encode(value))"
        copy.query = if let query, !query.isEmpty { "\(query)&\(item)" } else { item }
        return copy
    }

    var text: String { withoutQuery + (query.map { "?\($0)" } ?? "") }

    /// For messages: the query of a signed address is a secret.
    var withoutQuery: String { "\(origin)\(path)" }

    private static func splitPath(_ text: Substring) -> (path: String, query: String?) {
        let withoutFragment = text.prefix { $0 != "#" }
        let path = withoutFragment.prefix { $0 != "?" }
        let query = path.endIndex < withoutFragment.endIndex ? withoutFragment[path.endIndex...].dropFirst() : nil
        return (path.isEmpty ? "/" : String(path), query.map(String.init))
    }
}

extension WebAddress.Origin: CustomStringConvertible {
    /// Reads `host`, `host:port` or `[v6]:port`; nil for user names, empty hosts and ports out of range.
    init?(scheme: WebAddress.Scheme, authority: Substring) {
        guard !authority.contains("@") else { return nil }
        let hostEnd: Substring.Index
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            hostEnd = authority.index(after: close)
            let inner = authority[..<hostEnd].dropFirst().dropLast()
            guard !inner.isEmpty, inner.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            hostEnd = authority.firstIndex(of: ":") ?? authority.endIndex
            let name = authority[..<hostEnd]
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isHostByte) else { return nil }
        }
        var port = scheme == .https ? 443 : 80
        if hostEnd < authority.endIndex {
            let digits = authority[hostEnd...].dropFirst()
            guard authority[hostEnd] == ":", digits.allSatisfy({ $0.isASCII && $0.isNumber }),
                let number = Int(digits), (1...65535).contains(number)
            else { return nil }
            port = number
        }
        self.init(scheme: scheme, host: authority[..<hostEnd].lowercased(), port: port)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// `host` or `host:port`, as a person writes it.
    var authority: String {
        port == (scheme == .https ? 443 : 80) ? host : "\(host):\(port)"
    }

    var description: String { "\(scheme.rawValue)://\(authority)" }

    /// Whether only this machine can answer: `localhost`, 127.0.0.0/8 or ::1, by name and without asking DNS.
    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
