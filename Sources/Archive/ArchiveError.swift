import SystemCalls

/// Why an archive can't be read or written. `where` names the entry as the archive spells it.
public enum ArchiveError: Error, Sendable {
    /// The bytes are no tar archive, nor one compressed with gzip, zstd or xz.
    case notAnArchive(String)

    /// An entry or the compressed stream breaks the format: damaged, truncated, or made to deceive.
    case malformed(where: String, reason: String)

    /// A limit of `ArchiveLimits` was reached.
    case limitReached(ArchiveLimit, allowed: UInt64, where: String)

    /// The source of the bytes failed, or the sink.
    case inputOutput(SystemCallError)

    /// A source, a sink or a tap that the caller supplied refused to go on, in its own words.
    case stopped(String)

    /// libarchive can't do what it was asked for, in its own words: no memory, an option that it doesn't know.
    case library(String)
}

extension ArchiveError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notAnArchive(let reason):
            "not a tar archive (plain, gzip, zstd or xz): \(reason)"
        case .malformed(let place, let reason):
            "archive: \(place): \(reason)"
        case .limitReached(let limit, let allowed, let place):
            "archive: \(place): more than \(allowed) \(limit.unit)"
        case .inputOutput(let error):
            "archive: \(error)"
        case .stopped(let reason):
            reason
        case .library(let reason):
            "libarchive: \(reason)"
        }
    }
}
