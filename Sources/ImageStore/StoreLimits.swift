/// Bounds on what the store reads of its own files.
public enum StoreLimits {
    /// One record, in bytes.
    public static let recordBytes = 4 << 20
    /// Images, names of one repository, blobs and roots: entries of one directory.
    public static let directoryEntries = 1_000_000
    /// The shortest id that is looked up, in digits.
    public static let shortestID = 4
    /// Parts of a repository's name; the name's length bounds it anyway.
    public static let nameDepth = 130
}
