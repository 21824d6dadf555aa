/// The bounds that no registry can push this client beyond. Sizes are bytes, times are `Duration`s.
public struct RegistryLimits: Sendable {
    /// The specification asks clients to support manifests of at least 4 MiB; nothing larger is read.
    public var manifestBytes = 4 << 20
    public var tokenBytes = 1 << 20
    /// An error answer is read only to quote a line of it.
    public var errorBodyBytes = 64 << 10
    /// One blob, and all blobs of one image together.
    public var blobBytes: Int64 = 32 << 30
    public var imageBytes: Int64 = 64 << 30
    public var redirects = 5
    /// Indexes inside indexes.
    public var indexDepth = 4
    /// Bytes of one URL that a server hands out (Location, realm).
    public var addressBytes = 8 << 10

    /// Tries of one request, the first included, that end without any new byte.
    public var attempts = 5
    /// Times one blob may be continued after a broken connection, however much each connection brought.
    public var continuations = 64
    public var firstDelay: Duration = .milliseconds(300)
    public var longestDelay: Duration = .seconds(8)
    /// The longest `Retry-After` that is waited for; a longer one is an error that names it.
    public var longestRetryAfter: Duration = .seconds(60)

    public var connectTimeout: Duration = .seconds(10)
    /// From a request to the head of its answer; an upload gets more time for its body.
    public var answerTimeout: Duration = .seconds(30)
    /// Without a single byte.
    public var silence: Duration = .seconds(30)
    /// A body that brings less than `slowestBytes` in each `slowestWindow` is cut off.
    public var slowestWindow: Duration = .seconds(30)
    public var slowestBytes: Int64 = 16 << 10

    public var parallelBlobs = 4
    /// Blobs up to this size are uploaded in one request, larger ones in chunks of this size.
    public var uploadChunkBytes: Int64 = 16 << 20

    public init() {}
}
