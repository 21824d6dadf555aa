import Crypto
import JSON

@testable import Registry

/// Signs tokens as distribution's token document has them (JWT with ES256 and the certificate in `x5c`).
struct TokenSigner: Sendable {
    private let key: P256.Signing.PrivateKey
    private let certificate: String

    /// Makes a key and a certificate for it with openssl, in `folder`; the certificate's path is `certificatePath`.
    init(folder: String) throws {
        let made = try run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=tests", "-keyout", "\(folder)/token.key", "-out", Self.certificatePath(folder))
        guard made.code == 0 else { throw RegistryError(.trust, "openssl", made.output) }
        func text(_ name: String) throws -> String { try run("/bin/cat", "\(folder)/\(name)").output }
        key = try P256.Signing.PrivateKey(pemRepresentation: try text("token.key"))
        certificate = try text("token.crt").split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
    }

    static func certificatePath(_ folder: String) -> String { "\(folder)/token.crt" }

    /// A token for the scopes of a request's query, good from the year 2001 to 2100.
    func token(for target: String) throws -> String {
        let scopes = target.split { $0 == "?" || $0 == "&" }.filter { $0.hasPrefix("scope=") }
        let access = scopes.map { scope -> JSONValue in
            let parts = decoded(scope.dropFirst(6)).split(separator: ":")
            return [
                "type": "repository", "name": .string(parts.count > 1 ? String(parts[1]) : ""),
                "actions": .array(parts.count > 2 ? parts[2].split(separator: ",").map { .string(String($0)) } : []),
            ]
        }
        let header: JSONValue = ["typ": "JWT", "alg": "ES256", "x5c": [.string(certificate)]]
        let claims: JSONValue = [
            "iss": "tests", "sub": "me", "aud": "test", "exp": 4_102_444_800, "nbf": 1_000_000_000,
            "iat": 1_000_000_000,
            "jti": "1", "access": .array(access),
        ]
        let signed = "\(Self.url(header.bytes())).\(Self.url(claims.bytes()))"
        let signature = try key.signature(for: Array(signed.utf8))
        return "\(signed).\(Self.url(Array(signature.rawRepresentation)))"
    }

    private func decoded(_ text: Substring) -> String {
        String(text).replacing("%3A", with: ":").replacing("%2C", with: ",").replacing("%2F", with: "/")
    }

    private static func url(_ bytes: [UInt8]) -> String {
        Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
