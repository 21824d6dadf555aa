import CLinuxShims
import Glibc

/// Processes: fork, wait, signal, identity.
public enum Processes {
    /// Which side of a fork this is.
    public enum Fork: Sendable {
        case parent(child: Int32)
        case child
    }

    /// fork(2). The caller must have one thread; the child goes on after this call and has to end by `exit(_:)`.
    public static func fork() throws(SystemCallError) -> Fork {
        let process = try checked("fork") { martlet_fork() }
        return process == 0 ? .child : .parent(child: process)
    }

    /// How a process ended.
    public enum Exit: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)

        /// What a shell shows: the code, or 128 and the signal's number.
        public var shellStatus: Int32 {
            switch self {
            case .code(let code): code
            case .signal(let number): 128 + number
            }
        }
    }

    /// Waits until a child ended and reaps it.
    public static func wait(for process: Int32) throws(SystemCallError) -> Exit {
        var status: Int32 = 0
        _ = try checked("waitpid", String(process)) { waitpid(process, &status, 0) }
        return exit(fromStatus: status)
    }

    /// Reaps a child if it ended already.
    public static func poll(_ process: Int32) throws(SystemCallError) -> Exit? {
        var status: Int32 = 0
        let reaped = try checked("waitpid", String(process)) { waitpid(process, &status, WNOHANG) }
        return reaped == 0 ? nil : exit(fromStatus: status)
    }

    /// Reaps one child that ended, whichever it is; nil when none has.
    public static func reapAny() -> (process: Int32, exit: Exit)? {
        var status: Int32 = 0
        let process = waitpid(-1, &status, WNOHANG)
        return process > 0 ? (process, exit(fromStatus: status)) : nil
    }

    private static func exit(fromStatus status: Int32) -> Exit {
        let signal = status & 0x7f
        return signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
    }

    /// Ends at once, without running what the parent registered for its own end.
    public static func exit(_ code: Int32) -> Never { _exit(code) }

    /// Orphans below this process become its children (PR_SET_CHILD_SUBREAPER).
    public static func becomeSubreaper() throws(SystemCallError) {
        _ = try checked("prctl", "PR_SET_CHILD_SUBREAPER") { martlet_prctl(36, 1, 0, 0, 0) }
    }

    /// sched_yield(2): lets another thread run.
    public static func yield() { _ = sched_yield() }

    /// A descriptor that means this process and no later one of the same number; readable when it ended.
    public static func descriptor(of process: Int32) throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try checked("pidfd_open", String(process)) { martlet_pidfd_open(process, 0) })
    }

    /// Sends a signal by pidfd.
    public static func signal(_ pidfd: Int32, _ number: Int32) throws(SystemCallError) {
        _ = try checked("pidfd_send_signal") { martlet_pidfd_send_signal(pidfd, number) }
    }

    /// kill(2).
    public static func kill(_ process: Int32, _ number: Int32) throws(SystemCallError) {
        _ = try checked("kill", String(process)) { Glibc.kill(process, number) }
    }

    public static var current: Int32 { getpid() }
    public static var parent: Int32 { getppid() }
    /// The user and group that this process acts as.
    public static var effectiveUser: UInt32 { geteuid() }
    public static var effectiveGroup: UInt32 { getegid() }

    /// Replaces this program. Returns only by throwing.
    public static func execute(
        _ path: String, arguments: [String], environment: [String]
    ) throws(SystemCallError) -> Never {
        let error = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                execve(path, arguments, environment)
                return Errno.last
            }
        }
        throw SystemCallError("execve", path, error)
    }
}

/// Lends strings as the NULL-terminated array that execve(2) takes.
func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
