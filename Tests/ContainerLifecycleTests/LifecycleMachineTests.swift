import Testing

@testable import ContainerLifecycle

@Suite struct LifecycleMachineTests {
    typealias State = LifecycleMachine.State
    typealias Event = LifecycleMachine.Event

    /// Every accepted transition; all others are refused.
    static let accepted: [State: [Event: State]] = [
        .created: [.start: .running, .end: .stopped, .remove: .removed, .removeByForce: .removed],
        .running: [.pause: .paused, .stop: .running, .end: .stopped, .removeByForce: .removed],
        .paused: [.resume: .running, .stop: .running, .end: .stopped, .removeByForce: .removed],
        .stopped: [.stop: .stopped, .remove: .removed, .removeByForce: .removed],
        .removed: [.removeByForce: .removed],
    ]

    @Test(arguments: State.allCases, Event.allCases)
    func anEventIsAcceptedOnlyWhereItMakesSense(_ state: State, _ event: Event) throws {
        var machine = LifecycleMachine(state)
        if let next = Self.accepted[state]?[event] {
            _ = try machine.handle(event)
            #expect(machine.state == next)
        } else {
            #expect(throws: LifecycleMachine.Refused(state: state, event: event)) { try machine.handle(event) }
            #expect(machine.state == state, "a refused event changes nothing")
        }
    }

    @Test func runningContainersAreNotRemovedWithoutForce() throws {
        var machine = LifecycleMachine(.running)
        let refusal = #expect(throws: LifecycleMachine.Refused.self) { try machine.handle(.remove) }
        #expect(refusal?.description == "the container is running: stop it first, or remove it with --force")
        #expect(try machine.handle(.removeByForce) == .killAndDeleteFiles)
    }
}
