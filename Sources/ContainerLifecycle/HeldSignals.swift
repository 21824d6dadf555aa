import SystemCalls

extension Signal {
    /// What a supervisor passes on to its workload.
    static let forwarded = [hangUp, interrupt, quit, user1, user2, terminate, windowChanged]
}

/// Keeps signals from ending this process while it has something to clean up; a supervisor passes them on to its workload.
///
/// To be made before what has to be cleaned up, and before the fork, so that no signal is lost or ends us in between.
public struct HeldSignals: ~Copyable {
    /// What was blocked before.
    public let previous: SignalSet
    /// A reader of ours that went away is an error of the write, not our end.
    private let brokenPipe: SignalDisposition

    public init() throws(SystemCallError) {
        let previous = try SignalSet(Signal.forwarded).block()
        do throws(SystemCallError) {
            brokenPipe = try SignalDisposition(ignoring: Signal.brokenPipe)
        } catch {
            try? previous.restore()
            throw error
        }
        self.previous = previous
    }

    /// Lets them through again: one that came meanwhile, and that nobody took, has its effect now.
    public borrowing func release() {
        brokenPipe.restore()
        try? previous.restore()
    }
}
