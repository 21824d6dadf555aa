import CWasmtime

/// A call on a stack of its own, which host functions can suspend in the middle: the one primitive behind every wait.
///
/// Resumed again and again until it is finished, always by the thread that uses its store. Dropping a fiber that is suspended
/// cuts the guest off, and its store is given up.
public final class Fiber {
    public enum Progress: Sendable {
        /// It waits: for what a host function waits for, for its next slice of time, or for its turn in the store.
        case suspended
        case finished([Value])
    }

    private enum State {
        case waitingForTurn, started, over
    }

    private let function: Function
    private let call: FutureCall
    private var state = State.waitingForTurn

    /// Prepares a call; nothing runs before the first `resume`.
    public init(_ function: Function, _ arguments: [Value] = []) throws(EngineError) {
        self.function = function
        call = FutureCall(
            function.handle, try function.libraryArguments(arguments), resultCount: function.type.results.count)
    }

    deinit {
        if state == .started { abandon() }
    }

    /// Whether a result or an error was already given out.
    public var isOver: Bool { state == .over }

    /// Runs the guest until it suspends or ends. A trap is thrown as the error it is from `Function.call`.
    public func resume() throws(EngineError) -> Progress {
        let action = "resume \(function.name)"
        let store = function.store
        guard state != .over else { throw EngineError(.storeUnusable, action, "the call is over") }
        do throws(EngineError) {
            try store.checkAlive(action)
        } catch {
            if state == .started { abandon() }
            state = .over
            throw error
        }
        guard store.fibers.running == 0 else {
            throw EngineError(.storeUnusable, action, "another call is running in the store")
        }
        if state == .waitingForTurn {
            guard store.fibers.mayStart else { return .suspended }
            call.start(in: store.context)
            store.fibers.live += 1
            state = .started
        }
        store.fibers.running += 1
        let isOver = call.poll()
        store.fibers.running -= 1
        guard isOver else { return .suspended }
        state = .over
        store.fibers.live -= 1
        return .finished(try call.finish(function, action))
    }

    private func abandon() {
        call.delete()
        state = .over
        function.store.fibers.live -= 1
        // What the guest left half done must not be seen by another call.
        function.store.markDead("a suspended call of \(function.name) was dropped")
    }
}
