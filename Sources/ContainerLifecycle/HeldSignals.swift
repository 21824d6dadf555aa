import SystemCalls

extension SignalSet {
    /// What a supervisor passes on to its workload: all but what a process brings on itself (ILL, TRAP, ABRT, BUS, FPE, SEGV,
    /// SYS), what nobody can hold (KILL, STOP), what is about itself (PIPE, CHLD, TSTP, TTIN, TTOU, URG), and the C library's
    /// two. The launcher holds the same (`Attendance`).
    static let forwarded = SignalSet(rawValue: .max)
        .subtracting(SignalSet([4, 5, 6, 7, 8, 9, 11, 13, 17, 19, 20, 21, 22, 23, 31, 32, 33]))

    /// Those of them that a shell or a service manager may have had ignored for us.
    static let usual = [
        Signal.hangUp, Signal.interrupt, Signal.quit, Signal.user1, Signal.user2, Signal.terminate,
        Signal.windowChanged,
    ]
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
        let previous = try SignalSet.forwarded.block()
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
