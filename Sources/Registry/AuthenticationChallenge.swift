/// One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1), as far as registries use them.
enum AuthenticationChallenge: Equatable, Sendable {
    case basic
    /// The distribution project's token scheme.
    case bearer(realm: String, service: String?, scope: String?)

    /// The strongest challenge among all header lines: bearer before basic; nil when none is understood.
    static func best(in headers: [String]) -> AuthenticationChallenge? {
        let all = headers.flatMap(parse)
        return all.first { if case .bearer = $0 { true } else { false } } ?? all.first
    }

    /// All understood challenges of one header line; a malformed rest of the line is ignored.
    static func parse(_ header: String) -> [AuthenticationChallenge] {
        var reader = ChallengeReader(header)
        var found: [AuthenticationChallenge] = []
        while let (scheme, parameters) = reader.next() {
            switch scheme {
            case "basic": found.append(.basic)
            case "bearer":
                guard let realm = parameters["realm"] else { continue }
                found.append(.bearer(realm: realm, service: parameters["service"], scope: parameters["scope"]))
            default: continue
            }
        }
        return found
    }
}

/// Cuts a header line into schemes and their parameters: `Bearer realm="…",service="…", Basic realm="…"`.
private struct ChallengeReader {
    private var rest: Substring.UnicodeScalarView

    init(_ header: String) { rest = header[...].unicodeScalars }

    mutating func next() -> (scheme: String, parameters: [String: String])? {
        skip { $0 == " " || $0 == "," || $0 == "\t" }
        guard let scheme = token() else { return nil }
        var parameters: [String: String] = [:]
        while true {
            let before = rest
            skip { $0 == " " || $0 == "," || $0 == "\t" }
            guard let name = token() else { break }
            skip { $0 == " " }
            guard rest.first == "=" else {
                rest = before  // the next scheme's name
                break
            }
            rest.removeFirst()
            skip { $0 == " " }
            guard let value = rest.first == "\"" ? quoted() : token() else { break }
            parameters[name.lowercased()] = value
        }
        return (scheme.lowercased(), parameters)
    }

    private mutating func skip(while matches: (Unicode.Scalar) -> Bool) {
        rest = rest.drop(while: matches)
    }

    private mutating func token() -> String? {
        let name = rest.prefix { $0.isASCII && $0.value > 0x20 && !"\",=;()<>@\\{}".unicodeScalars.contains($0) }
        guard !name.isEmpty else { return nil }
        rest = rest[name.endIndex...]
        return String(name)
    }

    private mutating func quoted() -> String? {
        rest.removeFirst()
        var value = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(value)
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped)
            default: value.append(scalar)
            }
        }
        return nil
    }
}
