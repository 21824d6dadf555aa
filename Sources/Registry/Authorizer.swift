/// Knows how a registry wants to be shown credentials, and keeps the tokens that it was given, one for each set of scopes.
actor Authorizer {
    /// What the registry asked for so far.
    private enum Scheme {
        case unknown
        case basic
        case bearer(realm: WebAddress, service: String?)
    }

    private struct Kept {
        let header: String
        let until: ContinuousClock.Instant
    }

    /// A token is renewed this long before it ends, so that it doesn't end on the way.
    private static let margin: Duration = .seconds(5)

    private let transport: HTTPTransport
    private let endpoint: RegistryEndpoint
    private let source: CredentialSource
    private var scheme = Scheme.unknown
    private var credentials: RegistryCredentials?
    private var tokens: [[String]: Kept] = [:]

    init(transport: HTTPTransport, endpoint: RegistryEndpoint, source: CredentialSource) {
        self.transport = transport
        self.endpoint = endpoint
        self.source = source
    }

    /// The header to send first; nil while the registry hasn't asked for one.
    func header(for scopes: [AccessScope], subject: String) async throws(RegistryError) -> String? {
        switch scheme {
        case .unknown: return nil
        case .basic: return try await knownCredentials().basicHeader
        case .bearer(let realm, let service):
            let key = Set(scopes.map(\.text)).sorted()
            if let kept = tokens[key], kept.until > .now { return kept.header }
            return try await fetch(realm, service, key, subject)
        }
    }

    /// The header that answers a challenge to a request that carried `refused`.
    ///
    /// - Throws: `unauthorized` when there is nothing better to show than what was refused.
    func answer(
        _ challenge: AuthenticationChallenge, refused: String?, scopes: [AccessScope], subject: String
    ) async throws(RegistryError) -> String {
        switch challenge {
        case .basic:
            scheme = .basic
            guard let header = try await knownCredentials().basicHeader, header != refused else {
                throw await unauthorized(subject, wasRefused: refused != nil)
            }
            return header
        case .bearer(let realm, let service, let wanted):
            let realm = try address(ofRealm: realm, subject)
            scheme = .bearer(realm: realm, service: service)
            var texts = Set(scopes.map(\.text))
            // A registry may name the scope otherwise than we do; its own words are what its token server understands.
            if let wanted, !wanted.isEmpty { texts.formUnion(wanted.split(separator: " ").map(String.init)) }
            return try await fetch(realm, service, texts.sorted(), subject, keptFor: Set(scopes.map(\.text)).sorted())
        }
    }

    func unauthorized(_ subject: String, wasRefused: Bool, detail: String? = nil) async -> RegistryError {
        let shown = (try? await knownCredentials()) ?? .anonymous
        let said = detail.map { ": \($0)" } ?? ""
        if shown == .anonymous {
            return RegistryError(
                .unauthorized, subject, "\(endpoint.name) wants credentials\(said) (401)",
                advice: "pass --creds USER:PASSWORD or --authfile, or log in with podman or docker")
        }
        return RegistryError(
            .unauthorized, subject, "\(endpoint.name) refuses \(shown)\(said) (401)", advice: "check the password")
    }

    private func knownCredentials() async throws(RegistryError) -> RegistryCredentials {
        if let credentials { return credentials }
        let found = try source.credentials(host: endpoint.name, repository: endpoint.repository)
        credentials = found
        return found
    }

    /// A realm is reached by https, or like the registry itself where plain http is permitted.
    private func address(ofRealm text: String, _ subject: String) throws(RegistryError) -> WebAddress {
        guard text.utf8.count <= transport.limits.addressBytes, let realm = WebAddress(text) else {
            throw RegistryError(.malformed, subject, "\(endpoint.name) names a token server that is no address")
        }
        guard realm.origin.scheme == .https || endpoint.origin.scheme == .http else {
            throw RegistryError(
                .notPermitted, subject, "\(endpoint.name) sends to a token server without TLS, \(realm.origin)")
        }
        return realm
    }

    private func fetch(
        _ realm: WebAddress, _ service: String?, _ scopes: [String], _ subject: String, keptFor key: [String]? = nil
    ) async throws(RegistryError) -> String {
        let request = TokenRequest(
            realm: realm, service: service, scopes: scopes, credentials: try await knownCredentials())
        let answer = try await transport.send(request.request, subject: subject)
        guard answer.status == 200 else {
            let said = await answer.errorSummary(limits: transport.limits)
            guard answer.status != 401, answer.status != 403 else {
                throw await unauthorized(subject, wasRefused: true, detail: said)
            }
            throw AnswerFailure.error(answer, said, subject: subject, name: "token server \(realm.origin.authority)")
        }
        let limit = transport.limits.tokenBytes
        let body = try await answer.collect(limit: limit, limits: transport.limits, subject: subject)
        do {
            let token = try TokenRequest.token(in: body)
            let header = "Bearer \(token.value)"
            tokens[key ?? scopes] = Kept(header: header, until: .now + token.lifetime - Self.margin)
            return header
        } catch {
            throw RegistryError(
                .malformed, subject, "token server \(realm.origin.authority) gave no token: \(error)")
        }
    }
}
