import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Sends one request, follows redirects, and keeps credentials at the origin that they were made for.
///
/// Tries once: trying again is `RegistrySession`'s part.
final class HTTPTransport: Sendable {
    private let client: HTTPClient
    private let policy: PlainHTTPPolicy
    private let trust: TrustRoots
    let limits: RegistryLimits

    init(policy: PlainHTTPPolicy, trust: TrustRoots, limits: RegistryLimits) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(limits.connectTimeout), read: TimeAmount(limits.silence)),
            // A blob is checked as it is stored: nothing may be unpacked on the way.
            decompression: .disabled)
        // Otherwise a refused connection is tried until the timeout; trying again is our own part.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.parallelBlobs + 2
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.policy = policy
        self.trust = trust
        self.limits = limits
    }

    func shutdown() async { try? await client.shutdown() }

    /// Redirects of GET and HEAD are followed, as long as they lead to no weaker scheme than the one before.
    func send(_ request: WebRequest, subject: String) async throws(RegistryError) -> WebAnswer {
        var request = request
        for _ in 0...limits.redirects {
            let answer = try await sendOnce(request, subject)
            guard let next = try target(of: answer, request, subject) else { return answer }
            if next.origin != request.address.origin { request.authorization = nil }
            request.address = next
        }
        throw RegistryError(
            .redirect, subject, "\(request.address.origin) redirects more than \(limits.redirects) times")
    }

    private func sendOnce(_ request: WebRequest, _ subject: String) async throws(RegistryError) -> WebAnswer {
        let origin = request.address.origin
        guard policy.permits(origin) else {
            throw RegistryError(.notPermitted, subject, "won't speak to \(origin) without TLS")
        }
        var outgoing = HTTPClientRequest(url: request.address.text)
        outgoing.method = request.method
        outgoing.headers.add(name: "User-Agent", value: "martlet")
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if let authorization = request.authorization {
            outgoing.headers.add(name: "Authorization", value: authorization)
        }
        switch request.body {
        case .none: break
        case .bytes(let bytes): outgoing.body = .bytes(ByteBuffer(bytes: bytes))
        case .part(let part): outgoing.body = .stream(part, length: .known(part.count))
        }
        outgoing.tlsConfiguration = try trust.configuration(for: origin)
        do {
            let response = try await client.execute(outgoing, deadline: .now() + TimeAmount(timeout(for: request)))
            return WebAnswer(
                status: Int(response.status.code), headers: response.headers, address: request.address,
                body: response.body)
        } catch {
            throw TransportFailure.translate(error, subject: subject, origin: origin)
        }
    }

    /// Until the head of the answer, which for an upload comes after the whole body.
    private func timeout(for request: WebRequest) -> Duration {
        let windows = request.body.count / max(limits.slowestBytes, 1)
        return limits.answerTimeout + limits.slowestWindow * Double(windows)
    }

    /// Where a redirect leads; nil when the answer is none that is followed.
    private func target(
        of answer: WebAnswer, _ request: WebRequest, _ subject: String
    ) throws(RegistryError) -> WebAddress? {
        guard [301, 302, 303, 307, 308].contains(answer.status), [.GET, .HEAD].contains(request.method) else {
            return nil
        }
        guard let location = answer["location"], location.utf8.count <= limits.addressBytes,
            let next = request.address.resolving(location)
        else {
            throw RegistryError(.redirect, subject, "\(request.address.origin) redirects without a usable address")
        }
        guard !(request.address.origin.scheme == .https && next.origin.scheme == .http) else {
            throw RegistryError(.redirect, subject, "\(request.address.origin) redirects from https to \(next.origin)")
        }
        return next
    }
}

extension TimeAmount {
    /// Rounded to nanoseconds; what doesn't fit is the longest time there is.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self = .nanoseconds(
            overflow ? .max / 2 : whole.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue)
    }
}
