import Glibc

extension Processes {
    /// sched_yield(2): lets another thread run.
    public static func yield() { _ = sched_yield() }
}
