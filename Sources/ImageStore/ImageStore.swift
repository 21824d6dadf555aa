import OCISpec
import SystemCalls

/// Images on this machine: content by digest, names, records for a quick start, and unpacked root file systems.
///
/// Everything is written beside its place and renamed into it, so that a crash at any moment leaves a readable store and, at
/// most, files in `tmp`, which `prune` removes. Content is trusted once it is here: whoever writes it proves its digest.
public struct ImageStore: Sendable {
    /// The absolute path of the store.
    public let root: String
    let layout: StoreLayout

    private init(trusting root: String) {
        self.root = root
        layout = StoreLayout(root: root)
    }

    /// Opens a store and makes what is missing of it, with mode 0700.
    ///
    /// A directory that somebody else owns or may write to is refused: it also holds compiled code.
    public static func open(root: String) throws(StoreError) -> ImageStore {
        let path = try absolute(root)
        try storing { () throws(SystemCallError) in try makePath(path) }
        try checkTrust(path)
        let store = ImageStore(trusting: path)
        for directory in StoreLayout.directories {
            try storing { () throws(SystemCallError) in
                try Files.ensureDirectory("\(path)/\(directory)", mode: 0o700)
            }
        }
        return store
    }

    /// Opens a store that is there already, without writing anything: for the launch path. Nil when there is none.
    public static func existing(root: String) throws(StoreError) -> ImageStore? {
        let path = try absolute(root)
        do throws(StoreError) { try checkTrust(path) } catch {
            if case .system(let failure) = error, failure.errno == .noSuchFile { return nil }
            throw error
        }
        return ImageStore(trusting: path)
    }

    /// Where the store lies unless told otherwise: `/var/lib/martlet` for root, else below `$XDG_DATA_HOME`.
    public static func defaultRoot() throws(StoreError) -> String {
        if Processes.usesMachinesDirectories { return "/var/lib/martlet" }
        if let data = Environment.value("XDG_DATA_HOME"), data.hasPrefix("/") { return "\(data)/martlet" }
        guard let home = Environment.value("HOME"), home.hasPrefix("/") else {
            throw .untrusted(path: "~/.local/share/martlet", reason: "HOME isn't set; name the store with --root")
        }
        return "\(home)/.local/share/martlet"
    }

    /// The directory of compiled modules.
    public var compiledModules: String { layout.cache }

    /// The file that whoever adds content holds a lock on.
    public var lockFile: String { layout.storeLock }

    // MARK: Directories

    private static func absolute(_ path: String) throws(StoreError) -> String {
        guard path.hasPrefix("/") else { throw .untrusted(path: path, reason: "the path must be absolute") }
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    private static func checkTrust(_ path: String) throws(StoreError) {
        let status = try storing { () throws(SystemCallError) in try FileStatus.of(path, followLinks: true) }
        guard status.kind == .directory else { throw .untrusted(path: path, reason: "isn't a directory") }
        guard status.owner == Processes.effectiveUser else {
            throw .untrusted(
                path: path,
                reason: "belongs to user \(status.owner), not to you (\(Processes.effectiveUser)); use --root")
        }
        guard status.permissions & 0o022 == 0 else {
            throw .untrusted(path: path, reason: "others may write to it; run: chmod 0700 \(path)")
        }
    }

    /// Makes a directory and those above it; the ones above with mode 0755.
    private static func makePath(_ path: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try Files.ensureDirectory(path, mode: 0o700)
        } catch {
            guard error.errno == .noSuchFile, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
                throw error
            }
            try makeParents(String(path[..<slash]), mode: 0o755)
            try Files.ensureDirectory(path, mode: 0o700)
        }
    }

    /// Makes a directory and those above it, all with one mode.
    static func makeParents(_ path: String, mode: UInt32) throws(SystemCallError) {
        do throws(SystemCallError) {
            try Files.ensureDirectory(path, mode: mode)
        } catch {
            guard error.errno == .noSuchFile, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
                throw error
            }
            try makeParents(String(path[..<slash]), mode: mode)
            try Files.ensureDirectory(path, mode: mode)
        }
    }
}
