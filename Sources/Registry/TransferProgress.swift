import OCISpec

/// What happens during a pull or push, told as it happens, from any thread. Must return quickly.
public protocol TransferObserver: Sendable {
    func observe(_ event: TransferEvent)
}

public enum TransferEvent: Sendable, Equatable {
    /// The image is known: these blobs, in order, will be moved or found to be there.
    case planned([Descriptor])
    /// Nothing to move: the other side has the blob.
    case present(Digest)
    /// The other side took the blob from another of its repositories.
    case mounted(Digest, from: String)
    /// So many bytes of the blob are there; less than before after a restart.
    case moved(Digest, bytes: Int64)
    case finished(Digest)
    /// A connection broke; the transfer goes on from `bytes`.
    case resumed(Digest, bytes: Int64)
    case manifest(Digest)
}

/// Observes nothing.
public struct SilentObserver: TransferObserver {
    public init() {}
    public func observe(_ event: TransferEvent) {}
}
