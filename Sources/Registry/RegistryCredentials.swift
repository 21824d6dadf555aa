/// What this client may show a registry (or its token server) to be let in. Prints without the secret.
public enum RegistryCredentials: Equatable, Sendable {
    case anonymous
    case password(user: String, secret: String)
    /// A refresh token that a token server issued before (docker's `identitytoken`).
    case identityToken(String)

    /// Reads `user:password`, as `--creds` takes it; nil without a colon or without a user.
    public init?(parsing text: String) {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else { return nil }
        self = .password(user: String(text[..<colon]), secret: String(text[text.index(after: colon)...]))
    }

    /// The value of an `Authorization` header; nil for what has no Basic form.
    var basicHeader: String? {
        guard case .password(let user, let secret) = self else { return nil }
        return "Basic \(Base64.encode("\(user):\(secret)".utf8))"
    }
}

extension RegistryCredentials: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        switch self {
        case .anonymous: "no credentials"
        case .password(let user, _): "user \(user)"
        case .identityToken: "an identity token"
        }
    }

    public var debugDescription: String { description }
}
