/// What `create` and `run` ask for.
public struct CreateRequest: Hashable, Sendable {
    /// `[A-Za-z0-9_+.-]+`, at most 1,024 bytes, neither `.` nor `..`.
    public var id: String
    /// The directory of `config.json`; a relative one is taken from the working directory.
    public var bundle: String
    /// Another file than the bundle's `config.json` (crun's `--config`).
    public var configuration: String?
    /// The number of the first process is written here before the verb ends.
    public var pidFile: String?
    /// A unix socket that is sent the terminal's master (runc's `docs/terminals.md`).
    public var consoleSocket: String?
    /// A unix socket that is sent a pidfd of the first process.
    public var pidfdSocket: String?
    /// How many descriptors from 3 on the container's process inherits, besides those of `LISTEN_FDS`.
    public var preservedDescriptors: UInt32 = 0
    /// Moves the root instead of pivoting into it: for a root on a ram disk.
    public var avoidsPivot = false
    /// Leaves the container in the caller's session keyring.
    public var keepsKeyring = false

    public init(id: String, bundle: String = ".") {
        self.id = id
        self.bundle = bundle
    }
}

/// How `run` goes on after the container's process has started.
public struct RunMode: Hashable, Sendable {
    /// Ends at once, as `create` and `start` do.
    public var detaches = false
    /// Leaves the ended container on record.
    public var keeps = false

    public init(detaches: Bool = false, keeps: Bool = false) {
        self.detaches = detaches
        self.keeps = keeps
    }
}
