import ArgumentParser
import ImageStore
import ImageTransfer
import OCISpec
import Registry

struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "push", abstract: "Bring an image to a registry.")

    @OptionGroup var store: StoreOptions
    @OptionGroup var registry: RegistryOptions

    @Argument(help: "A name, a digest or the beginning of an id.")
    var image: String

    @Argument(help: "The name in the registry (default: the name it has here).")
    var destination: String?

    func run() async throws {
        let opened = try store.open()
        let found = try store.image(image, in: opened)
        guard let target = try destination.map({ try ImageReference(typed: $0) }) ?? found.reference else {
            throw CommandFailure("\(image): has no name to push it to; give one after it", .usage)
        }
        // Content stays while the session is open, whatever is removed and pruned meanwhile.
        let session = try opened.session()
        let outgoing = try content(of: found, in: opened)
        let candidates = try mountCandidates(found, target, in: opened)
        let progress = store.progress
        defer { progress.finish() }
        let digest = try await RegistryClient.with(target, try registry.configuration()) {
            client throws(RegistryError) in
            try await client.push(
                outgoing, mountCandidates: { candidates[$0] ?? [] },
                observer: TransferDisplay(display: progress, verb: "pushed")
            ) { try StoredBlobSource($0, in: session.store) }
        }
        progress.finish()
        Output.line(store.quiet ? digest.description : "\(target.familiar)  \(digest)")
    }

    private func content(of image: StoredImage, in store: ImageStore) throws -> OutgoingImage {
        let record = image.record
        try store.checkContent(record.manifest)
        let bytes = try store.readContent(record.manifest.digest, limit: SpecificationLimits.documentBytes)
        return OutgoingImage(manifests: [
            .init(bytes: bytes, type: record.manifest.mediaType, blobs: [record.configurationBlob] + record.layers)
        ])
    }

    /// Where the target's registry may have the blobs already: the repositories there that images with the same blobs are
    /// named after.
    private func mountCandidates(
        _ image: StoredImage, _ target: ImageReference, in store: ImageStore
    ) throws -> [OCISpec.Digest: [String]] {
        let wanted = Set(([image.record.configurationBlob] + image.record.layers).map(\.digest))
        var candidates: [OCISpec.Digest: Set<String>] = [:]
        for listed in try store.list() {
            let there = listed.names.filter { $0.domain == target.domain && $0.path != target.path }.map(\.path)
            guard !there.isEmpty else { continue }
            let record = listed.image.record
            for blob in [record.configurationBlob] + record.layers where wanted.contains(blob.digest) {
                candidates[blob.digest, default: []].formUnion(there)
            }
        }
        // A handful of questions; more would take longer than the upload.
        return candidates.mapValues { Array($0.sorted().prefix(3)) }
    }
}
