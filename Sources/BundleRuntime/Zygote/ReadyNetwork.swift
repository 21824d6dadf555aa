import SystemCalls

/// A network namespace that is made before it is needed: making one is a good part of what a container's namespaces take.
///
/// It is as new as one made at the last moment, and its loopback interface is up, as in every container's: nobody was ever in
/// it. A process that waits in a zygote makes it before it is asked, others while they read a configuration and load an engine.
enum ReadyNetwork {
    private struct State: ~Copyable {
        var making: NetworkMaking?
        var descriptor: Int32?
        var isTaken = false

        /// Once it is made.
        mutating func settle() {
            guard let making = making.take() else { return }
            descriptor = making.end()?.release()
        }
    }

    private static let state = Mutex(State())

    /// Begins to make one, unless there is one already. Without the privilege there won't be any.
    static func begin() {
        state.withLock { state in
            guard state.making == nil, state.descriptor == nil, !state.isTaken else { return }
            state.making = try? NetworkMaking()
        }
    }

    /// Its descriptor, once it is made; nil when there is none, or none any more.
    static var descriptor: Int32? {
        state.withLock { state in
            state.settle()
            return state.descriptor
        }
    }

    /// Whether it was taken: then it is this process's container that has it.
    static var isTaken: Bool { state.withLock { $0.isTaken } }

    /// The one that there is, for the caller to join and to close.
    static func take() -> OwnedDescriptor? {
        let number = state.withLock { state in
            state.settle()
            defer { state.descriptor = nil }
            state.isTaken = state.descriptor != nil
            return state.descriptor
        }
        return number.map { OwnedDescriptor(adopting: $0) }
    }
}
