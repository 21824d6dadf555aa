import ArgumentParser
import Registry
import SystemCalls

/// How pull and push speak to a registry.
struct RegistryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Credentials as USER:PASSWORD; other users see them in the list of processes, so prefer --authfile.",
            valueName: "user:password"))
    var creds: String?

    @Option(help: "A credential file as podman or docker writes it (default: theirs).")
    var authfile: String?

    @Flag(help: "Speak plain http to a registry on this machine (localhost, 127.0.0.0/8, ::1).")
    var plainHttp = false

    @Option(
        name: .customLong("insecure-registry"),
        help: ArgumentHelp(
            "Speak plain http to this host: passwords and images can be read and changed on the way. May be repeated.",
            valueName: "host[:port]"))
    var insecureRegistries: [String] = []

    @Option(help: "A PEM file of authorities to trust for this registry, besides the system's and certs.d.")
    var caFile: [String] = []

    func configuration() throws -> RegistryConfiguration {
        guard creds == nil || authfile == nil else {
            throw CommandFailure("--creds and --authfile exclude each other", .usage)
        }
        var configuration = RegistryConfiguration(
            plainHTTP: PlainHTTPPolicy(loopback: plainHttp, hosts: Set(insecureRegistries)), authorities: caFile)
        if let creds {
            guard let credentials = RegistryCredentials(parsing: creds) else {
                throw CommandFailure("--creds needs USER:PASSWORD", .usage)
            }
            configuration.credentials = CredentialSource(credentials)
        } else if let authfile {
            configuration.credentials = CredentialSource(file: authfile)
        } else {
            configuration.credentials = CredentialSource(environment: Environment.value)
        }
        return configuration
    }
}
