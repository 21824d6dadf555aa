import JSON
import SystemCalls

/// The directory in which running and ended containers stand on record: one directory for each, named by its id, with the
/// state file and the log.
///
/// 0700 and ours, verified at every opening. A record appears and changes by rename, so that a reader, or a crash at any
/// moment, never meets half of one.
public final class StateDirectory: Sendable {
    public let path: String
    let descriptor: OwnedDescriptor

    static let stateFile = "state.json"
    static let logFile = "log"
    /// Containers that a directory may hold.
    static let containerLimit = 100_000
    /// Names of what is only half made or half removed; its maker holds a lock on it.
    static let unfinishedPrefix = ".unfinished-"

    private init(path: String, descriptor: consuming OwnedDescriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Opens the directory, and makes it when there is none.
    ///
    /// - Parameter path: nil is `/run/martlet` for root; for others `$XDG_RUNTIME_DIR/martlet`, or `/tmp/martlet-UID`.
    public static func open(path: String? = nil) throws(LifecycleError) -> StateDirectory {
        let path = path ?? defaultPath
        return StateDirectory(path: path, descriptor: try openTrusted(path))
    }

    /// Opens a directory of ours that nobody else has access to, and makes it when there is none.
    ///
    /// - Parameter isReadable: others may look at its names; what stands in it is closed to them by itself.
    public static func openTrusted(_ path: String, isReadable: Bool = false) throws(LifecycleError) -> OwnedDescriptor {
        let directory = try openDirectory(path)
        let status: FileStatus
        do throws(SystemCallError) {
            status = try FileStatus.of(directory.rawValue)
        } catch { throw .system(doing: "opening the state directory", error) }
        // In /tmp anybody could have made it before us.
        guard status.owner == Processes.effectiveUser else {
            throw .untrusted(path: path, reason: "it belongs to user \(status.owner)")
        }
        guard status.permissions & (isReadable ? 0o022 : 0o077) == 0 else {
            throw .untrusted(path: path, reason: "others have access to it (chmod 700 it, if it is meant to be ours)")
        }
        return directory
    }

    private static func openDirectory(_ path: String) throws(LifecycleError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            try Files.ensureDirectory(path, mode: 0o700)
            return try Files.open(path, flags: [.readOnly, .directory, .noFollow])
        } catch { throw .system(doing: "opening the state directory", error) }
    }

    /// `/run/martlet` for root; for others `$XDG_RUNTIME_DIR/martlet`, or `/tmp/martlet-UID`.
    public static var defaultPath: String {
        if Processes.usesMachinesDirectories { return "/run/martlet" }
        if let runtime = Environment.value("XDG_RUNTIME_DIR"), runtime.hasPrefix("/") { return runtime + "/martlet" }
        return "/tmp/martlet-\(Processes.effectiveUser)"
    }
}
