import OCISpec

/// How a registry is spoken to.
public struct RegistryConfiguration: Sendable {
    public var credentials: CredentialSource
    public var plainHTTP: PlainHTTPPolicy
    /// PEM files that are trusted for the registry besides the system's roots.
    public var authorities: [String]
    public var certificateFolders: [String]
    public var limits: RegistryLimits

    public init(
        credentials: CredentialSource = CredentialSource(.anonymous), plainHTTP: PlainHTTPPolicy = PlainHTTPPolicy(),
        authorities: [String] = [], certificateFolders: [String] = TrustRoots.standardFolders,
        limits: RegistryLimits = RegistryLimits()
    ) {
        self.credentials = credentials
        self.plainHTTP = plainHTTP
        self.authorities = authorities
        self.certificateFolders = certificateFolders
        self.limits = limits
    }
}

/// One repository of one registry, by the OCI distribution specification. `close()` it in the end.
public struct RegistryClient: Sendable {
    public let reference: ImageReference
    let session: RegistrySession

    /// - Throws: `notPermitted` when plain http was asked for and isn't permitted for the reference's host.
    public init(_ reference: ImageReference, _ configuration: RegistryConfiguration) throws(RegistryError) {
        self.reference = reference
        let endpoint = try RegistryEndpoint(reference, policy: configuration.plainHTTP)
        let trust = TrustRoots(
            folders: configuration.certificateFolders, files: configuration.authorities,
            registryHost: endpoint.origin.authority)
        let transport = HTTPTransport(policy: configuration.plainHTTP, trust: trust, limits: configuration.limits)
        session = RegistrySession(endpoint: endpoint, transport: transport, credentials: configuration.credentials)
    }

    /// Ends its connections.
    public func close() async { await session.transport.shutdown() }

    /// Opens a client, lends it and closes it whatever happens.
    public static func with<R: Sendable>(
        _ reference: ImageReference, _ configuration: RegistryConfiguration,
        _ body: (RegistryClient) async throws(RegistryError) -> R
    ) async throws(RegistryError) -> R {
        let client = try RegistryClient(reference, configuration)
        let result: R
        do throws(RegistryError) { result = try await body(client) } catch {
            await client.close()
            throw error
        }
        await client.close()
        return result
    }
}
