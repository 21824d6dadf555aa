import ImageStore
import JSON
import OCISpec

/// Brings images from a file or a directory into the store.
public struct ImageImport: Sendable {
    /// Which platform of an image that has several.
    public var platform = PlatformChoice.standard
    /// Which image of a source that has several, by the name it has there or by its tag. Nil means all.
    public var selection: String?
    /// The name the image gets; nil keeps the names of the source.
    public var name: ImageReference?
    public var limits = TransferLimits.standard
    public var progress: any TransferProgress = SilentProgress()

    public init() {}

    /// Imports from a path and returns the images in the order of the source.
    ///
    /// As `stage`, with their names.
    public func run(_ source: ImageSource, into store: ImageStore) throws(TransferError) -> [StoredImage] {
        var images: [StoredImage] = []
        for staged in try stage(source, into: store) {
            images.append(try storing { () throws(StoreError) in try staged.commit() })
        }
        return images
    }

    /// Brings the images of a path into the store, in the order of the source; the caller commits or withdraws each.
    ///
    /// Every blob is checked against digest and size on its way in. Several images need `name` to be nil. After an error the
    /// store has none of them, but blobs that `prune` takes.
    public func stage(_ source: ImageSource, into store: ImageStore) throws(TransferError) -> [StagedImage] {
        let session = try storing { () throws(StoreError) in try store.session() }
        switch source {
        case .layout(let path):
            return try importLayout(try LayoutDirectory(path, limits: limits), session)
        case .archive(let path):
            let content = try ArchiveContent(path, session: session, limits: limits, progress: progress)
            // Docker writes both forms into one archive since version 25; the layout's knows more.
            if content.content(ImageLayout.index) != nil { return try importLayout(content, session) }
            if content.content(DockerArchiveImage.manifest) != nil { return try importDocker(content, session) }
            throw noImage(content)
        case .bundle(let path):
            throw TransferError(
                .notAnImage, path, "is a bundle, not an image", advice: "run it as it is: martlet run \(path)")
        case .wasm(let path), .wat(let path):
            throw TransferError(
                .notAnImage, path, "is a WebAssembly file, not an image",
                advice: "run it as it is (martlet run \(path)) or make an image of it with martlet image build")
        }
    }

    private func noImage(_ content: ArchiveContent) -> TransferError {
        if content.content("repositories") != nil {
            return TransferError(
                .unsupported, content.name, "is an archive of Docker before 1.10",
                advice: "load it into a current Docker and save it again")
        }
        return TransferError(
            .notAnImage, content.name,
            "is an archive without \(ImageLayout.index) (image layout) and without \(DockerArchiveImage.manifest) (docker save)"
        )
    }

    /// Refuses one name for several images.
    func checkCount(_ count: Int, _ there: [String], _ source: String) throws(TransferError) {
        let listed = there.prefix(12).map { quoted($0) }.joined(separator: ", ")
        if count == 0 {
            guard let selection else { throw TransferError(.notFound, source, "holds no image") }
            throw TransferError(
                .notFound, source, "has no image \(quoted(selection))",
                advice: listed.isEmpty ? nil : "there is \(listed)")
        }
        guard count <= limits.images else {
            throw TransferError(.tooLarge, source, "holds \(count) images, at most \(limits.images) are read")
        }
        guard count == 1 || name == nil else {
            throw TransferError(
                .ambiguous, source, "holds \(count) images (\(listed)) and one name was given for all",
                advice: "choose one with --image")
        }
    }
}

extension [StagedImage] {
    /// Takes all of them back after a failure, the last one first; that it doesn't succeed only leaves `prune` more to do.
    public func withdraw() { for staged in reversed() { try? staged.withdraw() } }
}
