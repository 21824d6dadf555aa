import OCISpec

/// Is told what happens during long work, from the thread that does it. Must return quickly.
public protocol TransferProgress: Sendable {
    func observe(_ step: TransferStep)
}

public enum TransferStep: Sendable, Equatable {
    /// An archive is read; so many bytes of it so far, out of so many.
    case reading(bytes: Int64, of: Int64)
    /// A blob comes into the store.
    case copying(Descriptor)
    /// The blob was there already.
    case present(Descriptor)
    /// A layer is unpacked: its number from 1, how many there are, and the blob.
    case unpacking(layer: Int, of: Int, Descriptor)
    /// Something is written to a file.
    case writing(path: String)
}

/// Observes nothing.
public struct SilentProgress: TransferProgress {
    public init() {}
    public func observe(_ step: TransferStep) {}
}
