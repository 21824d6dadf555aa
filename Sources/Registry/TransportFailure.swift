import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SystemCalls

/// The errors of the HTTP stack, in this client's words.
enum TransportFailure {
    static func translate(_ error: any Error, subject: String, origin: WebAddress.Origin) -> RegistryError {
        switch error {
        case let error as RegistryError: error
        case is CancellationError: RegistryError(.cancelled, subject, "was cancelled")
        case let error as HTTPClientError: translate(error, subject, origin)
        case let error as HTTPParserError: translate(error, subject, origin)
        case let error as NIOConnectionError:
            RegistryError(.connection, subject, "can't connect to \(origin.authority): \(reason(error))")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: untrusted("\(error)", subject, origin)
        case let error as IOError:
            RegistryError(.connection, subject, "connection to \(origin.authority) failed: \(line(error))")
        default: RegistryError(.connection, subject, "connection to \(origin.authority) failed: \(line(error))")
        }
    }

    private static func translate(
        _ error: HTTPClientError, _ subject: String, _ origin: WebAddress.Origin
    ) -> RegistryError {
        switch error {
        case .cancelled: RegistryError(.cancelled, subject, "was cancelled")
        case .readTimeout, .deadlineExceeded, .writeTimeout:
            RegistryError(.timedOut, subject, "\(origin.authority) gave no answer in time")
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
            RegistryError(.timedOut, subject, "can't connect to \(origin.authority) in time")
        case .remoteConnectionClosed:
            RegistryError(.connection, subject, "\(origin.authority) closed the connection too early")
        default: RegistryError(.connection, subject, "connection to \(origin.authority) failed: \(line(error))")
        }
    }

    private static func translate(
        _ error: HTTPParserError, _ subject: String, _ origin: WebAddress.Origin
    ) -> RegistryError {
        switch error {
        case .invalidEOFState, .closedConnection:
            RegistryError(.connection, subject, "\(origin.authority) closed the connection too early")
        case .headerOverflow:
            RegistryError(.tooLarge, subject, "\(origin.authority) sent headers of more than 80 KiB")
        default:
            RegistryError(
                .malformed, subject, "\(origin.authority) doesn't speak HTTP: \(line(error))",
                advice: origin.scheme == .http ? nil : "a registry without TLS needs --plain-http")
        }
    }

    /// The library's text names its own source files; what matters of it are a few words in capitals.
    private static func untrusted(_ text: String, _ subject: String, _ origin: WebAddress.Origin) -> RegistryError {
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return RegistryError(
                .trust, subject, "\(origin.authority) doesn't speak TLS",
                advice: "a registry on this machine can be reached with --plain-http")
        }
        let advice = "put the registry's CA into /etc/containers/certs.d/\(origin.authority)/ca.crt or pass --ca-file"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return RegistryError(
                .trust, subject, "the certificate of \(origin.authority) isn't trusted", advice: advice)
        }
        if text.contains("unableToValidateCertificate") || text.contains("failedToValidateHostname") {
            return RegistryError(.trust, subject, "the certificate of \(origin.authority) is for another host")
        }
        let words = text.split { !($0.isUppercase || $0.isNumber || $0 == "_") }.filter { $0.contains("_") }
        let reason = words.last.map { $0.lowercased().replacing("_", with: " ") } ?? "the handshake failed"
        return RegistryError(.trust, subject, "no TLS connection to \(origin.authority): \(reason)", advice: advice)
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.first { return line(failure.error) }
        if error.dnsAError != nil || error.dnsAAAAError != nil { return "the name has no address" }
        return "no address answered"
    }

    private static func line(_ error: any Error) -> String {
        if let error = error as? IOError { return Errno(rawValue: error.errnoCode).description }
        return ErrorAnswer.printable("\(error)")
    }
}
