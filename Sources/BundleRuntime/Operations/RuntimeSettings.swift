import Cgroups

/// What the options before a verb say: where containers stand on record, and how their control groups are made.
public struct RuntimeSettings: Hashable, Sendable {
    /// The directory of the records (`--root`); nil is `/run/martlet/oci`, for others than root
    /// `$XDG_RUNTIME_DIR/martlet/oci`.
    public var root: String?
    /// nil is nobody: the container stays in the caller's group.
    public var cgroupDriver: CgroupDriver? = .filesystem
    /// `--rootless`; nil finds out.
    public var isRootless: Bool?
    /// The image store, below which compiled modules are kept; nil is the default one.
    public var imageStore: String?
    /// `--allow-annotations`.
    public var annotations = AllowedAnnotations.usual
    /// `--require-landlock`: a guest whose sandbox would lack a wall isn't made.
    public var requiresLandlock = false
    /// Prints the phases of a start and their times on standard error.
    public var tracesPhases = false

    public init() {}
}
