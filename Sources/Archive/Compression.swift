/// How the bytes of a tar archive are compressed.
public enum Compression: String, Sendable, CaseIterable {
    case none, gzip, zstd, xz
}
