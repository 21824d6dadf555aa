/// Which hosts may be reached without TLS. By default none.
public struct PlainHTTPPolicy: Equatable, Sendable {
    /// Hosts that only this machine can answer: `localhost`, 127.0.0.0/8, ::1.
    public var loopback: Bool
    /// Hosts the user named, each as `host` (any port) or `host:port`. What is sent there, passwords included, can be read and
    /// changed on the way.
    public var hosts: Set<String>

    public init(loopback: Bool = false, hosts: Set<String> = []) {
        self.loopback = loopback
        self.hosts = hosts
    }

    /// How a registry that the user named is spoken to.
    ///
    /// - Throws: `notPermitted` when plain http was asked for (`loopback`) and the host isn't this machine.
    func scheme(forRegistry authority: String) throws(RegistryError) -> WebAddress.Scheme {
        guard let plain = WebAddress.Origin(scheme: .http, authority: authority[...]) else {
            throw RegistryError(.malformed, authority, "is not a registry's host and port")
        }
        if permits(plain) { return .http }
        guard !loopback || !hosts.isEmpty else {
            throw RegistryError(
                .notPermitted, authority, "--plain-http is for registries on this machine",
                advice:
                    "name the host with --insecure-registry \(authority) if reading and changing on the way is acceptable"
            )
        }
        return .https
    }

    func permits(_ origin: WebAddress.Origin) -> Bool {
        if origin.scheme == .https { return true }
        if loopback && origin.isLoopback { return true }
        return hosts.contains(origin.host) || hosts.contains("\(origin.host):\(origin.port)")
    }
}
