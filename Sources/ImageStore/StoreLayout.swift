import OCISpec

/// Where the store's files lie below its root.
///
///     blobs/<algorithm>/<hex>          content, immutable
///     images/<algorithm>-<hex>         one record for each manifest, immutable
///     names/<registry>/<path>/:<tag>   a hard link to the record that the name means; `@<digest>` for a digest
///     roots/<chain id>/fs              an unpacked root file system
///     locks/<chain id>                 held while that root is made or used
///     cache/                           compiled modules
///     tmp/                             everything unfinished
///     store.lock, names.lock
struct StoreLayout: Sendable {
    let root: String

    static let directories = [
        "blobs", "blobs/sha256", "blobs/sha512", "images", "names", "roots", "locks", "cache", "tmp",
    ]

    var images: String { "\(root)/images" }
    var names: String { "\(root)/names" }
    var roots: String { "\(root)/roots" }
    var locks: String { "\(root)/locks" }
    var temporary: String { "\(root)/tmp" }
    var cache: String { "\(root)/cache" }
    var storeLock: String { "\(root)/store.lock" }
    var namesLock: String { "\(root)/names.lock" }

    func blobs(_ algorithm: Digest.Algorithm) -> String { "\(root)/blobs/\(algorithm.rawValue)" }
    func blob(_ digest: Digest) -> String { "\(blobs(digest.algorithm))/\(digest.hex)" }

    static func recordName(_ manifest: Digest) -> String { "\(manifest.algorithm.rawValue)-\(manifest.hex)" }
    func record(_ manifest: Digest) -> String { "\(images)/\(Self.recordName(manifest))" }

    /// The manifest whose record has this file name.
    static func manifest(ofRecord name: String) -> Digest? {
        let parts = name.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let algorithm = Digest.Algorithm(rawValue: String(parts[0])) else { return nil }
        return Digest(algorithm, hex: String(parts[1]))
    }

    /// The directory of a repository's names. Safe as a path: the grammar has neither empty parts nor `..`.
    func repository(_ reference: ImageReference) -> String { "\(names)/\(reference.name)" }

    /// The entry of a name, a digest before a tag. No part of a repository begins with `:` or `@`.
    func name(_ reference: ImageReference) -> String {
        let leaf = reference.digest.map { "@\($0)" } ?? ":\(reference.tag ?? "latest")"
        return "\(repository(reference))/\(leaf)"
    }

    func root(_ chainID: Digest) -> String { "\(roots)/\(chainID.hex)" }
    func rootFileSystem(_ chainID: Digest) -> String { "\(root(chainID))/fs" }
    func rootLock(_ chainID: Digest) -> String { "\(locks)/\(chainID.hex)" }

    /// A root that is being unpacked, by whoever holds its lock.
    func unfinishedRoot(_ chainID: Digest) -> String { "\(temporary)/root-\(chainID.hex)" }

    /// A download that can be resumed.
    func partial(_ digest: Digest) -> String { "\(temporary)/partial-\(digest.algorithm.rawValue)-\(digest.hex)" }
}
