import JSON

/// The file names and annotations of an image layout. Image specification, "Image Layout".
public enum ImageLayout {
    public static let marker = "oci-layout"
    public static let index = "index.json"
    public static let blobs = "blobs"
    public static let version = "1.0.0"

    /// The annotation that names a manifest of `index.json`: a tag, or a whole reference.
    public static let referenceName = "org.opencontainers.image.ref.name"
    /// containerd's annotation: always a whole reference.
    public static let containerdName = "io.containerd.image.name"

    /// Where a blob lies, relative to the layout.
    public static func path(of digest: Digest) -> String { "\(blobs)/\(digest.algorithm.rawValue)/\(digest.hex)" }

    /// The content of `oci-layout`.
    public static var markerJSON: JSONValue { ["imageLayoutVersion": .string(version)] }

    /// Refuses a layout of a later kind: versions 1.x have the same files.
    public static func checkMarker(_ node: JSONNode) throws(JSONError) {
        let version = try node.required("imageLayoutVersion")
        let text = try version.string()
        guard text.hasPrefix("1.") else { throw version.invalid("\(shortened(text)) isn't supported, expected 1.0.0") }
    }
}

extension Descriptor {
    /// What the index of a layout calls this manifest, the fuller annotation first; empty annotations count as absent.
    public var layoutName: String? {
        for key in [ImageLayout.containerdName, ImageLayout.referenceName] {
            if let name = annotations[key], !name.isEmpty { return name }
        }
        return nil
    }
}
