import HostCapabilities

/// What a preview-1 guest is given: nothing that isn't named here reaches it.
public struct Preview1Configuration: Sendable {
    /// `argv`, without the terminating zeros.
    public var arguments: [[UInt8]] = []

    /// `NAME=value`, in the order in which the guest sees them.
    public var environment: [[UInt8]] = []

    /// Descriptors 0, 1 and 2 of the guest, as descriptors of this process; they are lent, never closed.
    public var standardInput: Int32 = 0
    public var standardOutput: Int32 = 1
    public var standardError: Int32 = 2

    /// The directories the guest finds at descriptor 3 and up, in order.
    public var preopens: [Preopen] = []

    /// Listening sockets at the descriptors after the preopens; each is closed with the context.
    public var listeners: [Int32] = []

    public var network = NetworkPolicy()

    /// What the guest's names are resolved with: read before the sandbox closes.
    public var resolver = ResolverConfiguration()

    public var limits = GuestLimits()

    public init() {}
}

/// A directory that a guest is given.
public struct Preopen: Sendable {
    /// Where the guest sees it, such as `/` or `/data`.
    public var guestPath: String

    public var directory: OpenDirectory

    public init(guestPath: String, directory: OpenDirectory) {
        self.guestPath = guestPath
        self.directory = directory
    }
}

/// The bounds of what one guest may ask of the host. Past one of them a call fails; the host does not.
public struct GuestLimits: Sendable {
    /// Open descriptors at once, stdio and preopens included; one more is `mfile`.
    public var openDescriptors = 4096

    /// Vectors of one read or write that are looked at; the rest is left for the next call (`IOV_MAX` of Linux).
    public var vectors = 1024

    /// Bytes that one read or write moves at most; the rest is left for the next call (Linux's own bound).
    public var bytesPerCall = 0x7fff_f000

    /// Subscriptions of one `poll_oneoff`; more is `inval`.
    public var subscriptions = 4096

    /// Bytes of a path; more is `nametoolong` (`PATH_MAX` of Linux, with its terminating zero).
    public var pathLength = 4095

    /// Bytes that one `random_get` yields without a pause for the deadline; larger requests are served in pieces.
    public var randomBytesPerPiece = 1 << 20

    public init() {}
}
