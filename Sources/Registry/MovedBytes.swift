import OCISpec
import Synchronization

/// Adds up what a request body handed to the transport, and tells the observer where the blob stands.
final class MovedBytes: Sendable {
    private let digest: Digest
    private let observer: any TransferObserver
    private let position: Atomic<Int64>

    init(_ digest: Digest, start: Int64, _ observer: any TransferObserver) {
        self.digest = digest
        self.observer = observer
        position = Atomic(start)
    }

    func add(_ count: Int) {
        let (_, position) = position.wrappingAdd(Int64(count), ordering: .relaxed)
        observer.observe(.moved(digest, bytes: position))
    }
}
