import JSON
import SystemCalls

/// A program `docker-credential-<name>` that keeps secrets in a keychain (docker-credential-helpers protocol).
struct CredentialHelper {
    let name: String
    let searchPath: String

    /// Asks with `get`: the server's name goes in, `{"Username":…,"Secret":…}` comes out.
    ///
    /// - Returns: `anonymous` when the helper knows nothing of the server.
    func credentials(for server: String) throws(RegistryError) -> RegistryCredentials {
        guard name.utf8.allSatisfy(Self.isNameByte), !name.hasPrefix("."),
            let path = ChildProgram.find("docker-credential-\(name)", searchPath: searchPath)
        else {
            throw failure("there is no such program in PATH", advice: "install it, or pass --creds or --authfile")
        }
        let outcome: ChildProgram.Outcome
        do throws(SystemCallError) {
            outcome = try ChildProgram.run(
                path, arguments: [path, "get"], environment: Environment.all, input: .bytes(Array(server.utf8)),
                outputLimit: CredentialSource.answerLimit, timeout: CredentialSource.helperTimeout)
        } catch { throw failure("\(error)") }
        switch outcome.end {
        case .exited(.code(0)): return try Self.parse(outcome.output, failure)
        case .exited(let exit):
            let answer = ErrorAnswer.printable(String(decoding: outcome.output, as: UTF8.self))
            if answer.contains("credentials not found") { return .anonymous }
            throw failure("ended with \(exit.shellStatus): \(answer)")
        case .tookTooLong: throw failure("gave no answer in \(CredentialSource.helperTimeout)")
        case .wroteTooMuch: throw failure("wrote more than \(CredentialSource.answerLimit) bytes")
        }
    }

    private static func parse(
        _ answer: [UInt8], _ failure: (String, String?) -> RegistryError
    ) throws(RegistryError) -> RegistryCredentials {
        do throws(JSONError) {
            let root = try JSONNode(reading: answer)
            let user = try root.optional("Username")?.string() ?? ""
            let secret = try root.optional("Secret")?.string() ?? ""
            if user == "<token>" { return .identityToken(secret) }
            return user.isEmpty ? .anonymous : .password(user: user, secret: secret)
        } catch {
            // The error names a path and a type, never the secret itself.
            throw failure("answered with something else than credentials: \(error)", nil)
        }
    }

    private func failure(_ detail: String, advice: String? = nil) -> RegistryError {
        RegistryError(.credentials, "credential helper \"docker-credential-\(name)\"", detail, advice: advice)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
