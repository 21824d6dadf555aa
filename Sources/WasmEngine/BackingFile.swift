import SystemCalls

/// Finds the descriptor that the engine keeps for a compiled file.
///
/// The engine maps the initial contents of a memory from the file at each instantiation, by a descriptor of its own that it
/// doesn't tell. A process that closes what it doesn't know has to keep this one.
struct BackingFile {
    private let device: UInt64
    private let inode: UInt64
    private let lowestFree: Int32

    /// How far above the first free number the engine's descriptor is looked for.
    private static let span: Int32 = 64

    /// Before the engine opens the file at this path. Nil when it can't be looked at: then the engine will fail too.
    init?(path: String) {
        guard let status = try? FileStatus.of(path, followLinks: true),
            let probe = try? Files.open("/", flags: .path)
        else { return nil }
        device = status.device
        inode = status.inode
        lowestFree = probe.rawValue
    }

    /// After the engine opened it.
    func descriptor() -> Int32? {
        (lowestFree..<lowestFree + Self.span).first { number in
            guard let status = try? FileStatus.of(number) else { return false }
            return status.device == device && status.inode == inode
        }
    }
}
