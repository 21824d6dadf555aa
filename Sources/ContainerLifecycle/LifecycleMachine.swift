/// The life of a container as a value: what may happen in which state, and what then has to be done.
public struct LifecycleMachine: Hashable, Sendable {
    /// Where in its life a container is.
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// Its directory and record exist; nothing runs.
        case created
        case running
        case paused
        /// The workload ended and its end is on record.
        case stopped
        case removed
    }

    /// What happens to it, or is asked for.
    public enum Event: Hashable, Sendable, CaseIterable {
        case start
        case pause
        case resume
        /// Somebody wants it to end.
        case stop
        /// It ended: by itself or as it was told.
        case end
        case remove
        case removeByForce
    }

    /// What the caller does when an event was accepted.
    public enum Action: Hashable, Sendable {
        case runWorkload
        case freeze
        case thaw
        case terminate
        /// Frozen processes don't see a signal before they are thawed.
        case thawAndTerminate
        case recordEnd
        case deleteFiles
        case killAndDeleteFiles
        case nothing
    }

    /// The event makes no sense in this state.
    public struct Refused: Error, Hashable, Sendable {
        public let state: State
        public let event: Event
    }

    public private(set) var state: State

    public init(_ state: State = .created) { self.state = state }

    /// Changes the state and says what to do; a refused event changes nothing.
    public mutating func handle(_ event: Event) throws(Refused) -> Action {
        let (next, action) = try transition(event)
        state = next
        return action
    }

    private func transition(_ event: Event) throws(Refused) -> (State, Action) {
        switch (state, event) {
        case (.created, .start): return (.running, .runWorkload)
        // A set-up that failed ends what never ran.
        case (.created, .end), (.running, .end), (.paused, .end): return (.stopped, .recordEnd)
        case (.running, .pause): return (.paused, .freeze)
        case (.paused, .resume): return (.running, .thaw)
        case (.running, .stop): return (.running, .terminate)
        case (.paused, .stop): return (.running, .thawAndTerminate)
        case (.stopped, .stop): return (.stopped, .nothing)
        case (.created, .remove), (.stopped, .remove), (.created, .removeByForce), (.stopped, .removeByForce):
            return (.removed, .deleteFiles)
        case (.running, .removeByForce), (.paused, .removeByForce): return (.removed, .killAndDeleteFiles)
        case (.removed, .removeByForce): return (.removed, .nothing)
        case (.created, .pause), (.created, .resume), (.created, .stop),
            (.running, .start), (.running, .resume), (.running, .remove),
            (.paused, .start), (.paused, .pause), (.paused, .remove),
            (.stopped, .start), (.stopped, .pause), (.stopped, .resume), (.stopped, .end),
            (.removed, .start), (.removed, .pause), (.removed, .resume), (.removed, .stop), (.removed, .end),
            (.removed, .remove):
            throw Refused(state: state, event: event)
        }
    }
}

extension LifecycleMachine.Refused: CustomStringConvertible {
    public var description: String {
        switch (event, state) {
        case (_, .removed): "the container is removed"
        case (.remove, .running), (.remove, .paused):
            "the container is \(state.rawValue): stop it first, or remove it with --force"
        case (.start, _): "the container was started already and is \(state.rawValue)"
        case (.pause, _), (.resume, _), (.stop, _), (.end, _), (.remove, _), (.removeByForce, _):
            "the container is \(state.rawValue)"
        }
    }
}
