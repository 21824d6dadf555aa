import JSON
import NIOHTTP1

/// One token asked of a token server, by distribution's token and OAuth2 documents. Pure: sending is `Authorizer`'s part.
struct TokenRequest {
    let realm: WebAddress
    let service: String?
    /// Sorted, without repetitions.
    let scopes: [String]
    let credentials: RegistryCredentials

    /// A token as the server answered with it.
    struct Token: Equatable {
        let value: String
        /// How long the server promises that it lasts.
        let lifetime: Duration
    }

    /// The lifetime when the server says nothing, by the specification.
    static let defaultLifetime: Int64 = 60
    /// Longest token that is put into a header, in bytes.
    static let tokenBytes = 32 << 10

    /// GET with the scopes in the query; POST with a form when all there is to show is a refresh token.
    var request: WebRequest {
        switch credentials {
        case .identityToken(let secret):
            let form = PercentEncoding.form([
                ("grant_type", "refresh_token"), ("client_id", "martlet"), ("service", service ?? ""),
                ("scope", scopes.joined(separator: " ")), ("refresh_token", secret),
            ])
            return WebRequest(
                .POST, realm, headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: .bytes(Array(form.utf8)))
        case .password, .anonymous:
            var address = realm
            if let service { address = address.adding("service", service) }
            for scope in scopes { address = address.adding("scope", scope) }
            if case .password(let user, _) = credentials { address = address.adding("account", user) }
            var request = WebRequest(.GET, address)
            request.authorization = credentials.basicHeader
            return request
        }
    }

    /// - Throws: `JSONError` for an answer without a usable token; it never quotes the token.
    static func token(in answer: [UInt8]) throws(JSONError) -> Token {
        let root = try JSONNode(reading: answer)
        let value: String
        if let token = try root.optional("token") {
            value = try token.string()
        } else {
            value = try root.required("access_token").string()
        }
        guard !value.isEmpty else { throw root.invalid("has no token") }
        guard value.utf8.count <= tokenBytes, value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw root.invalid("has a token that can't be sent in a header")
        }
        let seconds = try root.optional("expires_in")?.integer(Int64.self) ?? defaultLifetime
        return Token(value: value, lifetime: .seconds(min(max(seconds, 1), 86_400)))
    }
}
