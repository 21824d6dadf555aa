import ContainerLifecycle
import OCISpec
import SystemCalls
import Testing

@testable import BundleRuntime

@Suite("How a container is")
struct ConditionTests {
    private func state(
        _ phase: BundleState.Phase, process: ProcessIdentity? = nil, creator: ProcessIdentity? = nil
    ) -> BundleState {
        var state = BundleState(
            id: "a", bundle: "/b", rootfs: "/r", version: "1.0.0", annotations: [:], isWasm: false, hasHooks: false,
            owner: 0, created: 0)
        state.phase = phase
        state.process = process
        state.creator = creator
        return state
    }

    /// A number that is in use, with another start: a later process of the same number.
    private var successor: ProcessIdentity { ProcessIdentity(number: Processes.current, startTicks: 1) }

    @Test func itIsLookedAtAndNotRemembered() throws {
        let living = try #require(ProcessIdentity.current)
        #expect(state(.created, process: living).status { false } == .created)
        #expect(state(.started, process: living).status { false } == .running)
        #expect(state(.started, process: living).status { true } == .paused)
        #expect(state(.started, process: successor).status { true } == .stopped)
        #expect(state(.created, process: successor).status { false } == .stopped)
    }

    @Test func oneWhoseCreatorDiedHasStopped() throws {
        let living = try #require(ProcessIdentity.current)
        #expect(state(.creating, creator: living).status { false } == .creating)
        #expect(state(.creating, creator: successor).status { false } == .stopped)
        #expect(state(.creating).status { false } == .stopped)
    }

    @Test func oneThatOutlivesItsCreatorWasStarted() throws {
        let living = try #require(ProcessIdentity.current)
        #expect(state(.creating, process: living, creator: living).status { false } == .creating)
        #expect(state(.creating, process: living, creator: successor).status { false } == .running)
        #expect(state(.creating, process: living, creator: successor).status { true } == .paused)
        #expect(state(.creating, process: successor, creator: successor).status { false } == .stopped)
    }

    @Test func theDocumentOfAStoppedOneNamesNoProcess() {
        let document = state(.started, process: successor).document(.stopped)
        #expect(document.pid == 0)
        #expect(document.created == "1970-01-01T00:00:00.000000000Z")
    }

    @Test(
        "signals are known by number and name",
        arguments: [
            ("9", 9), ("KILL", 9), ("SIGKILL", 9), ("sigterm", 15), ("Hup", 1), ("0", 0), ("RTMIN", 34),
            ("RTMIN+3", 37),
            ("SIGRTMAX-1", 63), ("64", 64), ("SYS", 31), ("IOT", 6),
        ] as [(String, Int32)])
    func signals(text: String, number: Int32) { #expect(SignalName.number(text) == number) }

    @Test("what is no signal", arguments: ["", "65", "-1", "SIG", "NONE", "RTMIN+31", "RTMIN-1", "1.5", "SIGSIGKILL"])
    func noSignals(text: String) { #expect(SignalName.number(text) == nil) }
}
