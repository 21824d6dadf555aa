import ArgumentParser
import ImageStore
import ImageTransfer
import OCISpec
import Registry

struct PullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pull", abstract: "Fetch an image from a registry.")

    @OptionGroup var store: StoreOptions
    @OptionGroup var platform: PlatformOption
    @OptionGroup(title: "Limits") var limits: UnpackLimitOptions
    @OptionGroup var registry: RegistryOptions

    @Argument(help: "Its name, as in registry.example.com/team/app:1 or with @sha256:….")
    var name: String

    @Flag(name: .customLong("no-unpack"), help: "Don't unpack it and don't compile its module.")
    var noUnpack = false

    func run() async throws {
        let reference = try ImageReference(typed: name)
        let opened = try store.open()
        let choice = try platform.choice()
        let progress = store.progress
        defer { progress.finish() }
        // Held until the image has its name: a prune at the same time leaves the new blobs alone.
        let session = try opened.session()
        let pulled = try await RegistryClient.with(reference, try registry.configuration()) {
            client throws(RegistryError) in
            try await client.pull(
                platform: choice, into: StoreDestination(session: session),
                observer: TransferDisplay(display: progress, verb: "pulled"))
        }
        let staged = try stage(pulled, reference, session)
        progress.finish()
        let preparation = noUnpack ? nil : ImagePreparation(store: opened, limits: limits, progress: progress)
        try preparation.accept([staged]) { Output.result($0, quiet: store.quiet) }
    }

    private func stage(
        _ pulled: PulledImage, _ reference: ImageReference, _ session: StoreSession
    ) throws -> StagedImage {
        let manifest = pulled.manifestDocument
        try session.writeBlob(
            manifest.bytes, digest: manifest.descriptor.digest,
            hash: ContentHasher(manifest.descriptor.digest.algorithm))
        return try ImageRegistration.stage(
            manifest: manifest.descriptor, index: pulled.indexes.first?.descriptor.digest, names: [reference],
            in: session)
    }
}
