import SystemCalls

/// How a workload ended, and what its caller sees.
public struct WorkloadExit: Hashable, Sendable {
    /// What ended it.
    public enum Cause: Hashable, Sendable {
        /// The guest's own code; 134 after a trap.
        case code(Int32)
        case signal(Int32)
        /// Killed because its time was over.
        case timedOut(Duration)
        /// Killed by the kernel at its memory limit.
        case outOfMemory
        /// Its supervisor died, so nobody knows.
        case unknown
    }

    public let cause: Cause

    public init(_ cause: Cause) { self.cause = cause }

    init(_ exit: Processes.Exit, outOfMemory: Bool) {
        switch exit {
        case .code(let code): self.init(.code(code))
        case .signal(Signal.kill) where outOfMemory: self.init(.outOfMemory)
        case .signal(let number): self.init(.signal(number))
        }
    }

    /// What a shell shows: the code, or 128 and the signal's number.
    public var status: Int32 {
        switch cause {
        case .code(let code): code
        case .signal(let number): 128 + number
        case .timedOut, .outOfMemory: 128 + Signal.kill
        case .unknown: 255
        }
    }

    /// One line for the operator; nil when the status says it all.
    public var explanation: String? {
        switch cause {
        case .code, .signal(Signal.interrupt), .signal(Signal.terminate), .signal(Signal.hangUp), .signal(Signal.quit):
            nil
        case .signal(Signal.badSystemCall):
            "killed by its sandbox: the process made a system call that no workload makes (signal 31)"
        case .signal(Signal.kill): "killed (signal 9)"
        case .signal(let number): "ended by signal \(number)"
        case .timedOut(let time): "killed: it ran longer than its timeout of \(time)"
        case .outOfMemory: "killed: out of memory (--memory sets the limit)"
        case .unknown: "its end is unknown: the supervising process was killed"
        }
    }
}
