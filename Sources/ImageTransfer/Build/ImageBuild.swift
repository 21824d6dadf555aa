import Archive
import ContentHashing
import ImageStore
import JSON
import OCISpec
import SystemCalls

/// Builds an image. The same input gives the same digest: times are the epoch, owners are 0, entries are sorted.
public struct ImageBuild: Sendable {
    public let request: BuildRequest
    public var progress: any TransferProgress = SilentProgress()

    /// What `created` says in every image, so that two builds don't differ.
    static let created = "1970-01-01T00:00:00Z"

    public init(_ request: BuildRequest) { self.request = request }

    /// Builds into a store, under a name.
    public func run(into store: ImageStore, name: ImageReference) throws(TransferError) -> StoredImage {
        try request.check()
        let session = try storing { () throws(StoreError) in try store.session() }
        let manifest: ImageManifest =
            switch request.form {
            case .rootfs: try buildRootfs(session)
            case .artifact: try buildArtifact(session)
            }
        let descriptor = try add(manifest.json.bytes(), .imageManifest, session)
        return try ImageRegistration.register(manifest: descriptor, names: [name], in: session)
    }

    /// Builds to a file or a directory, through a store that lives beside it for as long as the build.
    public func run(
        to path: String, format: ImageExport.Format, name: ImageReference
    ) throws(TransferError) -> StoredImage {
        let scratch = ImageExport.beside(try absolute(path))
        defer { try? TreeRemoval.remove(scratch) }
        let store = try storing { () throws(StoreError) in try ImageStore.open(root: scratch) }
        let image = try run(into: store, name: name)
        var export = ImageExport()
        export.format = format
        export.progress = progress
        try export.run(image, from: store, to: path)
        return image
    }

    private func absolute(_ path: String) throws(TransferError) -> String {
        if path.hasPrefix("/") { return path }
        let here = try calling(path) { () throws(SystemCallError) in try Files.target(ofLink: "/proc/self/cwd") }
        return "\(here)/\(path)"
    }

    // MARK: The two forms

    private func buildArtifact(_ session: StoreSession) throws(TransferError) -> ImageManifest {
        guard case .file(let path) = request.source else {
            throw TransferError(.badRequest, "build", "an artifact is one WebAssembly file")
        }
        let binary = try WasmFile(path, request)
        let layer = try add(binary.bytes, .wasm, session)
        var configuration = WasmConfiguration(
            platform: request.platform ?? binary.platform, layerDigests: [layer.digest])
        configuration.created = Self.created
        let blob = try add(configuration.json.bytes(), .wasmConfiguration, session)
        return ImageManifest(configuration: blob, layers: [layer], annotations: request.labels)
    }

    private func buildRootfs(_ session: StoreSession) throws(TransferError) -> ImageManifest {
        var configuration = ImageConfiguration(platform: request.platform ?? Platform(os: "wasi", architecture: "wasm"))
        configuration.created = Self.created
        configuration.entrypoint = request.entrypoint
        configuration.command = request.command
        configuration.environment = request.environment
        configuration.workingDirectory = request.workingDirectory
        configuration.user = request.user
        configuration.labels = request.labels
        configuration.exposedPorts = request.exposedPorts.map { $0.contains("/") ? $0 : "\($0)/tcp" }
        configuration.volumes = request.volumes
        configuration.stopSignal = request.stopSignal
        let layer = try LayerBuild(request, session)
        switch request.source {
        case .file(let path):
            let binary = try WasmFile(path, request)
            try layer.add(file: binary.name, binary.bytes)
            if configuration.entrypoint.isEmpty { configuration.entrypoint = ["/\(binary.name)"] }
        case .directory(let path):
            try layer.add(directory: path)
        }
        let (blob, diffID) = try layer.finish()
        configuration.diffIDs = [diffID]
        configuration.history = [.init(created: Self.created, createdBy: "martlet image build")]
        let configurationBlob = try add(configuration.json.bytes(), .imageConfiguration, session)
        return ImageManifest(configuration: configurationBlob, layers: [blob])
    }

    private func add(
        _ bytes: [UInt8], _ type: MediaType, _ session: StoreSession
    ) throws(TransferError) -> Descriptor {
        let descriptor = Descriptor(mediaType: type, digest: .of(bytes), size: Int64(bytes.count))
        if session.store.hasIntactContent(descriptor) { return descriptor }
        try storing { () throws(StoreError) in
            try session.writeBlob(bytes, digest: descriptor.digest, hash: ContentHasher(.sha256))
        }
        return descriptor
    }
}
