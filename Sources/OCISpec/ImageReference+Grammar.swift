// The grammar of distribution/reference, read by hand: a regular expression engine costs a millisecond to load.

extension ImageReference {
    /// Separates the registry from the repository: only a first part with a dot, a colon or capitals, or `localhost`, is one.
    static func split(_ text: Substring) -> (domain: String, remainder: Substring) {
        guard let slash = text.firstIndex(of: "/") else { return (defaultDomain, text) }
        let first = text[..<slash]
        let isDomain =
            first.contains(".") || first.contains(":") || first == "localhost" || first.lowercased() != first
        guard isDomain else { return (defaultDomain, text) }
        return (String(first), text[text.index(after: slash)...])
    }

    /// `[\w][\w.-]{0,127}`
    public static func isTag(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return isWord(first)
            && text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// A host name, an IPv4 address or a bracketed IPv6 address, and perhaps a port.
    static func isDomain(_ text: String) -> Bool {
        var host = Substring(text)
        var port: Substring?
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            let address = host[host.index(after: host.startIndex)..<end]
            let after = host[host.index(after: end)...]
            guard !address.isEmpty, address.utf8.allSatisfy({ isAddressByte($0) }) else { return false }
            guard !after.isEmpty else { return true }
            guard after.hasPrefix(":") else { return false }
            return isPort(after.dropFirst())
        }
        if let colon = host.firstIndex(of: ":") {
            port = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        if let port, !isPort(port) { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isDomainComponent)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy(isDigit) && UInt16(text).map { $0 > 0 } ?? false
    }

    private static func isDomainComponent(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 63 else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    static func isPath(_ text: String) -> Bool {
        text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isPathComponent)
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
    private static func isPathComponent(_ text: Substring) -> Bool {
        var separator: [UInt8] = []
        var started = false
        for byte in text.utf8 {
            if isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) {
                guard separator.isEmpty || (started && isSeparator(separator)) else { return false }
                separator = []
                started = true
            } else {
                separator.append(byte)
            }
        }
        return started && separator.isEmpty
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        switch bytes {
        case [UInt8(ascii: ".")], [UInt8(ascii: "_")], [UInt8(ascii: "_"), UInt8(ascii: "_")]: true
        default: bytes.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isWord(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20) || byte == UInt8(ascii: ":")
    }
}
