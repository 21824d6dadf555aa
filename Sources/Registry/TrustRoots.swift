import NIOSSL
import SystemCalls

/// Whom this client believes to be the host it wants: the system's roots, and for one host what its administrator added in
/// docker's and podman's `certs.d` folders or the user named with `--ca-file`.
public struct TrustRoots: Sendable {
    public static let standardFolders = ["/etc/containers/certs.d", "/etc/docker/certs.d"]
    /// Files of one `certs.d` folder that are read, and bytes of each.
    static let fileLimit = 64
    static let fileBytes = 1 << 20

    private let folders: [String]
    /// PEM files that are trusted for the registry the user named, and for no other host.
    private let files: [String]
    private let registry: WebAddress.Origin?

    public init(folders: [String] = standardFolders, files: [String] = [], registryHost: String) {
        self.folders = folders
        self.files = files
        registry = WebAddress.Origin(scheme: .https, authority: registryHost[...])
    }

    /// The TLS settings for a host, or nil when the system's roots are all there is.
    func configuration(for origin: WebAddress.Origin) throws(RegistryError) -> TLSConfiguration? {
        guard origin.scheme == .https else { return nil }
        var paths = origin == registry ? files : []
        for folder in folders { paths += Self.certificates(in: "\(folder)/\(origin.authority)") }
        guard !paths.isEmpty else { return nil }
        var roots: [NIOSSLCertificate] = []
        for path in paths { roots += try Self.read(path) }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.additionalTrustRoots = [.certificates(roots)]
        return configuration
    }

    private static func certificates(in folder: String) -> [String] {
        guard let names = try? Files.names(inDirectory: folder, limit: fileLimit) else { return [] }
        return names.filter { $0.hasSuffix(".crt") }.sorted().map { "\(folder)/\($0)" }
    }

    private static func read(_ path: String) throws(RegistryError) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMBytes(try Files.contents(of: path, limit: fileBytes))
        } catch {
            throw RegistryError(.trust, path, "can't be read as PEM certificates: \(error)")
        }
    }
}
