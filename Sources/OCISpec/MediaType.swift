/// What a blob is. Unknown types are kept, as the specification demands.
public struct MediaType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ text: String) { rawValue = text }
    public var description: String { rawValue }

    // Image specification.
    public static let imageIndex = MediaType("application/vnd.oci.image.index.v1+json")
    public static let imageManifest = MediaType("application/vnd.oci.image.manifest.v1+json")
    public static let imageConfiguration = MediaType("application/vnd.oci.image.config.v1+json")
    public static let emptyJSON = MediaType("application/vnd.oci.empty.v1+json")
    public static let layer = MediaType("application/vnd.oci.image.layer.v1.tar")
    public static let layerGzip = MediaType("application/vnd.oci.image.layer.v1.tar+gzip")
    public static let layerZstd = MediaType("application/vnd.oci.image.layer.v1.tar+zstd")
    public static let foreignLayer = MediaType("application/vnd.oci.image.layer.nondistributable.v1.tar")
    public static let foreignLayerGzip = MediaType("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
    public static let foreignLayerZstd = MediaType("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd")

    // Docker's image manifest, version 2.
    public static let dockerManifestList = MediaType("application/vnd.docker.distribution.manifest.list.v2+json")
    public static let dockerManifest = MediaType("application/vnd.docker.distribution.manifest.v2+json")
    public static let dockerConfiguration = MediaType("application/vnd.docker.container.image.v1+json")
    public static let dockerLayer = MediaType("application/vnd.docker.image.rootfs.diff.tar")
    public static let dockerLayerGzip = MediaType("application/vnd.docker.image.rootfs.diff.tar.gzip")
    public static let dockerLayerZstd = MediaType("application/vnd.docker.image.rootfs.diff.tar.zstd")
    public static let dockerForeignLayer = MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar")
    public static let dockerForeignLayerGzip = MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    public static let dockerSchema1 = MediaType("application/vnd.docker.distribution.manifest.v1+json")
    public static let dockerSchema1Signed = MediaType("application/vnd.docker.distribution.manifest.v1+prettyjws")

    // WebAssembly artifacts.
    public static let wasmConfiguration = MediaType("application/vnd.wasm.config.v0+json")
    public static let wasmConfigurationV1 = MediaType("application/vnd.wasm.config.v1+json")
    public static let wasm = MediaType("application/wasm")
    public static let bytecodeAllianceComponent = MediaType(
        "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm")
    public static let wasmModuleContent = MediaType("application/vnd.module.wasm.content.layer.v1+wasm")

    // Spin's applications.
    public static let spinApplication = MediaType("application/vnd.fermyon.spin.application.v1+config")
    public static let wasmContent = MediaType("application/vnd.wasm.content.layer.v1+wasm")
}

extension MediaType {
    /// The same type without parameters, in lower case: `application/wasm; charset=x` is `application/wasm`.
    public var essence: MediaType {
        let text = rawValue.prefix { $0 != ";" }
        return MediaType(text.lowercased().filter { $0 != " " })
    }

    public var isIndex: Bool { self == .imageIndex || self == .dockerManifestList }
    public var isManifest: Bool { self == .imageManifest || self == .dockerManifest }
    public var isSchema1: Bool { self == .dockerSchema1 || self == .dockerSchema1Signed }
    public var isImageConfiguration: Bool { self == .imageConfiguration || self == .dockerConfiguration }
    public var isWasmConfiguration: Bool { self == .wasmConfiguration || self == .wasmConfigurationV1 }

    /// Whether the blob is a WebAssembly binary that is the workload.
    public var isWasmModule: Bool {
        switch self {
        case .wasm, .bytecodeAllianceComponent, .wasmModuleContent, .wasmContent: true
        default: false
        }
    }

    /// How a file system layer is compressed.
    public enum Compression: String, Sendable, CaseIterable {
        case none
        case gzip
        case zstd
    }

    /// The compression of a file system layer by its type; nil for a blob that is none.
    ///
    /// Only a promise: readers look at the first bytes, since Docker's tools have pushed plain tars as gzip.
    public var layerCompression: Compression? {
        switch self {
        case .layer, .foreignLayer, .dockerLayer, .dockerForeignLayer: Compression.none
        case .layerGzip, .foreignLayerGzip, .dockerLayerGzip, .dockerForeignLayerGzip: .gzip
        case .layerZstd, .foreignLayerZstd, .dockerLayerZstd: .zstd
        default: nil
        }
    }
}
