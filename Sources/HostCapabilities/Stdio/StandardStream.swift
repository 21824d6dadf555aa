import Synchronization
import SystemCalls

/// One of a guest's three standard streams: a descriptor of the host that is lent and never closed.
public final class StandardStream: Sendable {
    public enum Direction: Sendable { case input, output }

    public let descriptor: Int32
    public let direction: Direction
    public let kind: FileStatus.Kind
    public let isTerminal: Bool

    private let nonBlockingFlag = Atomic<Bool>(false)

    /// A descriptor that isn't open is kept as it is: every use then says `badDescriptor`.
    public init(lending descriptor: Int32, _ direction: Direction) {
        self.descriptor = descriptor
        self.direction = direction
        kind = (try? FileCalls.status(of: descriptor))?.kind ?? .unknown
        isTerminal = kind == .characterDevice && Terminals.isTerminal(descriptor)
    }

    /// Whether the guest asked not to wait.
    ///
    /// Kept here and not on the descriptor: its open file belongs to the shell or the engine that lent it, and
    /// O_NONBLOCK would outlive the guest there.
    public var isNonBlocking: Bool {
        get { nonBlockingFlag.load(ordering: .relaxed) }
        set { nonBlockingFlag.store(newValue, ordering: .relaxed) }
    }
}

extension StandardStream {
    /// Whether a read or write would not wait now.
    public func isReady(_ events: PollEvents) throws(Errno) -> Bool {
        var requests = [PollRequest(descriptor, events)]
        do throws(SystemCallError) {
            return try Poll.wait(&requests, timeout: 0) > 0
        } catch { throw error.errno }
    }
}
