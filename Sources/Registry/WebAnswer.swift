import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// The head of an answer and the body still to come.
struct WebAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    /// Where the answer came from, after redirects.
    let address: WebAddress
    let body: HTTPClientResponse.Body

    /// The first header of that name.
    subscript(_ name: String) -> String? { headers.first(name: name) }

    /// The `Content-Length`, when there is a sane one.
    var contentLength: Int64? {
        guard let text = self["content-length"], let length = Int64(text), length >= 0 else { return nil }
        return length
    }

    /// The media type without its parameters, in lower case.
    var mediaType: String? {
        self["content-type"].map { String($0.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()) }
    }

    var retryAfter: Duration? {
        self["retry-after"].flatMap { RetryAfter.delay($0, answeredAt: self["date"]) }
    }

    /// The whole body, of at most `limit` bytes.
    func collect(limit: Int, limits: RegistryLimits, subject: String) async throws(RegistryError) -> [UInt8] {
        if let contentLength, contentLength > limit { throw tooLarge(limit, subject) }
        var bytes: [UInt8] = []
        var pace = ThroughputGuard(limits)
        do {
            for try await chunk in body {
                bytes.append(contentsOf: chunk.readableBytesView)
                guard bytes.count <= limit else { throw tooLarge(limit, subject) }
                guard pace.isFastEnough(after: chunk.readableBytes) else {
                    throw RegistryError(.tooSlow, subject, "\(address.origin) sends too slowly")
                }
            }
        } catch {
            throw TransportFailure.translate(error, subject: subject, origin: address.origin)
        }
        return bytes
    }

    /// What an error answer says of itself, read within bounds; nil when it can't be read.
    func errorSummary(limits: RegistryLimits) async -> String? {
        guard let bytes = try? await collect(limit: limits.errorBodyBytes, limits: limits, subject: "") else {
            return nil
        }
        return ErrorAnswer.summary(bytes)
    }

    private func tooLarge(_ limit: Int, _ subject: String) -> RegistryError {
        RegistryError(
            .tooLarge, subject, "\(address.origin) sent more than \(limit) bytes where at most that many are read")
    }
}
