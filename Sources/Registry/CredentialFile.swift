import JSON
import SystemCalls

/// A credential file as docker (`config.json`) and podman (`auth.json`) write it. Pure: reading it and running helpers is
/// `CredentialSource`'s part.
struct CredentialFile: Equatable {
    /// What the file says about a registry.
    enum Entry: Equatable {
        case credentials(RegistryCredentials)
        /// Ask the program `docker-credential-<name>` about `server`.
        case helper(name: String, server: String)
    }

    private var credentials: [String: RegistryCredentials] = [:]
    private var helpers: [String: String] = [:]
    private var defaultHelper: String?

    /// - Throws: `JSONError` for a file that isn't what docker and podman write.
    init(_ bytes: [UInt8]) throws(JSONError) {
        let root = try JSONNode(reading: bytes)
        if let auths = try root.optional("auths") {
            for (key, entry) in try auths.members() where !entry.isNull {
                if let found = try Self.credentials(entry) { credentials[key] = found }
            }
        }
        helpers = try root.optional("credHelpers")?.stringMap() ?? [:]
        defaultHelper = try root.optional("credsStore")?.string()
    }

    /// The entry for a repository: the most specific key wins (`host/a/b`, `host/a`, `host`), a helper before a password
    /// at the same host, as podman and docker look them up.
    func entry(host: String, repository: String) -> Entry? {
        let hosts = Self.aliases(of: host)
        var path = repository.pathParts
        while !path.isEmpty {
            for host in hosts {
                if let found = credentials["\(host)/\(path.joined(separator: "/"))"] { return .credentials(found) }
            }
            path.removeLast()
        }
        for host in hosts {
            if let name = helpers[host], !name.isEmpty { return .helper(name: name, server: host) }
        }
        for host in hosts {
            if let found = credentials[host] { return .credentials(found) }
        }
        // Older files have a whole address as the key.
        for (key, found) in credentials.sorted(by: { $0.key < $1.key }) where hosts.contains(Self.host(ofKey: key)) {
            return .credentials(found)
        }
        guard let defaultHelper, !defaultHelper.isEmpty, let server = hosts.first else { return nil }
        return .helper(name: defaultHelper, server: server)
    }

    /// Docker Hub answers at one host and is known in files under others.
    private static func aliases(of host: String) -> [String] {
        switch host {
        case "docker.io", "registry-1.docker.io", "index.docker.io":
            ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"]
        default: [host]
        }
    }

    private static func host(ofKey key: String) -> String {
        guard let separator = key.firstRange(of: "://") else { return "" }
        return String(key[separator.upperBound...].prefix { $0 != "/" })
    }

    private static func credentials(_ entry: JSONNode) throws(JSONError) -> RegistryCredentials? {
        if let token = try entry.optional("identitytoken")?.string(), !token.isEmpty { return .identityToken(token) }
        if let packed = try entry.optional("auth"), case let text = try packed.string(), !text.isEmpty {
            guard let bytes = Base64.decode(text), let pair = String(validating: bytes, as: UTF8.self),
                let credentials = RegistryCredentials(parsing: pair.trimmingNulls)
            else { throw packed.invalid("is not base64 of user:password") }
            return credentials
        }
        guard let user = try entry.optional("username")?.string(), !user.isEmpty else { return nil }
        return .password(user: user, secret: try entry.optional("password")?.string() ?? "")
    }
}

extension String {
    /// Docker pads old entries with zero bytes.
    fileprivate var trimmingNulls: String { String(reversed().drop { $0 == "\0" }.reversed()) }
}
