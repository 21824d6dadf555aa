import SystemCalls

/// The ids of a guest's threads: positive, below 2^29, and never two of a kind at once (wasi-threads, "Design choice:
/// thread IDs").
final class ThreadIdentifiers: Sendable {
    private struct State {
        var running: Set<Int32> = []
        var last: Int32 = 0
    }

    static let largest: Int32 = 1 << 29 - 1

    private let state: Mutex<State>
    private let limit: Int

    /// At most `limit` ids are in use at once. `last` is for tests: the id before the next one.
    init(limit: Int, last: Int32 = 0) {
        self.limit = limit
        state = Mutex(State(last: last))
    }

    /// The next free id; nil at the limit.
    func take() -> Int32? {
        state.withLock { state in
            guard state.running.count < limit else { return nil }
            // Fewer are running than there are ids: the loop ends.
            repeat {
                state.last = state.last >= Self.largest ? 1 : state.last + 1
            } while state.running.contains(state.last)
            state.running.insert(state.last)
            return state.last
        }
    }

    func giveBack(_ id: Int32) { state.withLock { _ = $0.running.remove(id) } }

    var count: Int { state.withLock { $0.running.count } }
}
