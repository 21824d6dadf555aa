import OCISpec

/// Where a repository is: the host that answers for a reference, and the paths of the distribution specification below it.
struct RegistryEndpoint: Equatable, Sendable {
    /// As the user knows it: `docker.io`, `localhost:5000`.
    let name: String
    let origin: WebAddress.Origin
    let repository: String

    /// - Throws: `notPermitted` when plain http was asked for and isn't permitted for this host.
    init(_ reference: ImageReference, policy: PlainHTTPPolicy) throws(RegistryError) {
        name = reference.domain
        repository = reference.path
        // Docker Hub's registry answers under another name than its images have.
        let authority = reference.domain == "docker.io" ? "registry-1.docker.io" : reference.domain
        let scheme = try policy.scheme(forRegistry: authority)
        guard let origin = WebAddress.Origin(scheme: scheme, authority: authority[...]) else {
            throw RegistryError(.malformed, name, "is not a registry's host and port")
        }
        self.origin = origin
    }

    private func address(_ path: String) -> WebAddress {
        WebAddress(origin: origin, path: "/v2/\(repository)/\(path)")
    }

    func manifest(_ reference: String) -> WebAddress { address("manifests/\(reference)") }
    func blob(_ digest: Digest) -> WebAddress { address("blobs/\(digest)") }
    var uploads: WebAddress { address("blobs/uploads/") }
}
