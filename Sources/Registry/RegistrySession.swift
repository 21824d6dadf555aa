import NIOHTTP1

/// Requests to one repository: authorized when the registry asks for it, and tried again when that may help.
struct RegistrySession: Sendable {
    let endpoint: RegistryEndpoint
    let transport: HTTPTransport
    private let authorizer: Authorizer
    private let retry: RetryPolicy

    var limits: RegistryLimits { transport.limits }

    init(endpoint: RegistryEndpoint, transport: HTTPTransport, credentials: CredentialSource) {
        self.endpoint = endpoint
        self.transport = transport
        authorizer = Authorizer(transport: transport, endpoint: endpoint, source: credentials)
        retry = RetryPolicy(limits: transport.limits)
    }

    /// Sends, and tries again after broken connections and answers that promise to pass.
    ///
    /// - Parameter accepting: the statuses that the caller handles; every other one is thrown as a `RegistryError`.
    func send(
        _ request: WebRequest, scopes: [AccessScope], accepting: Set<Int>, subject: String
    ) async throws(RegistryError) -> WebAnswer {
        var attempt = 1
        while true {
            switch try await outcome(of: request, scopes, accepting, subject) {
            case .answer(let answer): return answer
            case .passing(let failure, let retryAfter):
                try await pause(after: &attempt, retryAfter: retryAfter, orThrow: failure)
            }
        }
    }

    private enum Outcome {
        case answer(WebAnswer)
        /// Failed in a way that may pass, after the delay that the server asked for.
        case passing(RegistryError, retryAfter: Duration?)
    }

    private func outcome(
        of request: WebRequest, _ scopes: [AccessScope], _ accepting: Set<Int>, _ subject: String
    ) async throws(RegistryError) -> Outcome {
        let answer: WebAnswer
        do throws(RegistryError) { answer = try await sendAuthorized(request, scopes, subject) } catch {
            guard error.isPassing else { throw error }
            return .passing(error, retryAfter: nil)
        }
        if accepting.contains(answer.status) { return .answer(answer) }
        let said = await answer.errorSummary(limits: limits)
        let failure = AnswerFailure.error(answer, said, subject: subject, name: endpoint.name)
        guard failure.isPassing else { throw failure }
        return .passing(failure, retryAfter: answer.retryAfter)
    }

    /// Sends once: for a body that may have arrived in part, where the registry has to be asked first.
    func sendWithoutRetry(
        _ request: WebRequest, scopes: [AccessScope], accepting: Set<Int>, subject: String
    ) async throws(RegistryError) -> WebAnswer {
        let answer = try await sendAuthorized(request, scopes, subject)
        if accepting.contains(answer.status) { return answer }
        let said = await answer.errorSummary(limits: limits)
        throw AnswerFailure.error(answer, said, subject: subject, name: endpoint.name)
    }

    /// Waits before the next try, or throws `failure` when there is none.
    func pause(
        after attempt: inout Int, retryAfter: Duration? = nil, orThrow failure: RegistryError
    ) async throws(RegistryError) {
        let jitter = Double.random(in: 0...1)
        guard case .wait(let delay) = retry.decision(after: attempt, retryAfter: retryAfter, jitter: jitter) else {
            throw failure
        }
        attempt += 1
        do { try await Task.sleep(for: delay) } catch {
            throw RegistryError(.cancelled, failure.subject, "was cancelled")
        }
    }

    /// One try, with one more after a challenge.
    private func sendAuthorized(
        _ request: WebRequest, _ scopes: [AccessScope], _ subject: String
    ) async throws(RegistryError) -> WebAnswer {
        var request = request
        // An upload may be taken over by another host: what we can show is meant for the registry alone.
        let isOurs = request.address.origin == endpoint.origin
        if isOurs { request.authorization = try await authorizer.header(for: scopes, subject: subject) }
        let answer = try await transport.send(request, subject: subject)
        guard answer.status == 401 else { return answer }
        // A challenge counts only when it comes from the registry itself.
        guard isOurs, answer.address.origin == endpoint.origin,
            let challenge = AuthenticationChallenge.best(in: answer.headers["www-authenticate"])
        else {
            let said = await answer.errorSummary(limits: limits)
            throw AnswerFailure.error(answer, said, subject: subject, name: answer.address.origin.authority)
        }
        _ = await answer.errorSummary(limits: limits)
        request.authorization = try await authorizer.answer(
            challenge, refused: request.authorization, scopes: scopes, subject: subject)
        let second = try await transport.send(request, subject: subject)
        guard second.status == 401 else { return second }
        let said = await second.errorSummary(limits: limits)
        throw await authorizer.unauthorized(subject, wasRefused: true, detail: said)
    }
}

extension RegistryError {
    /// Whether the same request may succeed a moment later.
    var isPassing: Bool {
        switch code {
        case .connection, .timedOut: true
        case .status(let status): RetryPolicy.isWorthRetrying(status: status)
        case .tooManyRequests: true
        default: false
        }
    }
}
