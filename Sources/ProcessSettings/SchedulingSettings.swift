import FieldErrors
import OCISpec
import SystemCalls

/// `process.scheduler`, `process.ioPriority`, `process.execCPUAffinity`, `linux.memoryPolicy` and `linux.personality`.
public struct SchedulingSettings: Equatable, Sendable {
    let scheduler: ProcessAttributes.Scheduler?
    /// As ioprio_set(2) takes it.
    let ioPriority: Int32?
    let affinity: LinuxCPUAffinity?
    let memoryPolicy: LinuxMemoryPolicy?
    let personality: LinuxPersonality?

    init(_ process: RuntimeProcess, _ linux: LinuxConfiguration, isExec: Bool) throws(FieldError) {
        scheduler = try process.scheduler.map { (asked) throws(FieldError) in try Self.scheduler(asked) }
        ioPriority = process.ioPriority.map { asked in
            let level: Int32
            switch asked.class {
            case .realTime: level = 1
            case .bestEffort: level = 2
            case .idle: level = 3
            }
            return level << 13 | asked.priority
        }
        affinity = isExec ? process.execCPUAffinity : nil
        memoryPolicy = linux.memoryPolicy
        personality = linux.personality
    }

    /// SCHED_ and SCHED_FLAG_ of linux/sched.h; sched(7) bounds what `SCHED_DEADLINE` takes.
    private static func scheduler(_ asked: LinuxScheduler) throws(FieldError) -> ProcessAttributes.Scheduler {
        var scheduler = ProcessAttributes.Scheduler()
        switch asked.policy {
        case .other: scheduler.policy = 0
        case .fifo: scheduler.policy = 1
        case .roundRobin: scheduler.policy = 2
        case .batch: scheduler.policy = 3
        case .iso: scheduler.policy = 4
        case .idle: scheduler.policy = 5
        case .deadline: scheduler.policy = 6
        }
        for flag in asked.flags {
            switch flag {
            case .resetOnFork: scheduler.flags |= 0x01
            case .reclaim: scheduler.flags |= 0x02
            case .deadlineOverrun: scheduler.flags |= 0x04
            case .keepPolicy: scheduler.flags |= 0x08
            case .keepParameters: scheduler.flags |= 0x10
            case .clampMinimum: scheduler.flags |= 0x20
            case .clampMaximum: scheduler.flags |= 0x40
            }
        }
        guard let priority = UInt32(exactly: asked.priority) else {
            throw FieldError("process.scheduler.priority", "\(asked.priority) is negative")
        }
        if asked.policy == .deadline { try checkDeadline(asked) }
        scheduler.nice = asked.nice
        scheduler.priority = priority
        scheduler.runtime = asked.runtime
        scheduler.deadline = asked.deadline
        scheduler.period = asked.period
        return scheduler
    }

    /// For all that is wrong with them the kernel has EINVAL alone. A period of 0 is the deadline.
    private static func checkDeadline(_ asked: LinuxScheduler) throws(FieldError) {
        guard asked.runtime >= shortestRuntime else {
            throw FieldError(
                "process.scheduler.runtime", "\(asked.runtime) ns is less than SCHED_DEADLINE takes, \(shortestRuntime)"
            )
        }
        guard asked.runtime <= asked.deadline else {
            throw FieldError(
                "process.scheduler.deadline", "\(asked.deadline) ns is less than the runtime, \(asked.runtime)")
        }
        guard asked.period == 0 || asked.deadline <= asked.period else {
            throw FieldError(
                "process.scheduler.period", "\(asked.period) ns is less than the deadline, \(asked.deadline)")
        }
    }

    /// DL_SCALE of the kernel: shorter runtimes are below what it counts in.
    private static let shortestRuntime: UInt64 = 1024

    /// What is said of a process from outside as well: 0 is the caller.
    func apply(to process: Int32) throws(FieldError) {
        if let scheduler {
            try asking("process.scheduler") { () throws(SystemCallError) in
                try ProcessAttributes.setScheduler(scheduler, of: process)
            }
        }
        if let ioPriority {
            try asking("process.ioPriority") { () throws(SystemCallError) in
                try ProcessAttributes.setIOPriority(ioPriority, of: process)
            }
        }
    }

    /// What only the process itself can ask for; it lasts across execve(2).
    func applyToSelf() throws(FieldError) {
        if let personality {
            try asking("linux.personality.domain") { () throws(SystemCallError) in
                try ProcessAttributes.setPersonality(personality.domain == .linux32 ? 8 : 0)
            }
        }
        if let memoryPolicy {
            try asking("linux.memoryPolicy") { () throws(SystemCallError) in
                try ProcessAttributes.setMemoryPolicy(Self.mode(memoryPolicy), nodes: memoryPolicy.nodes?.mask ?? [])
            }
        }
    }

    /// MPOL_ of linux/mempolicy.h.
    private static func mode(_ policy: LinuxMemoryPolicy) -> Int32 {
        var mode: Int32
        switch policy.mode {
        case .default: mode = 0
        case .preferred: mode = 1
        case .bind: mode = 2
        case .interleave: mode = 3
        case .local: mode = 4
        case .preferredMany: mode = 5
        case .weightedInterleave: mode = 6
        }
        for flag in policy.flags {
            switch flag {
            case .balancing: mode |= 1 << 13
            case .relativeNodes: mode |= 1 << 14
            case .staticNodes: mode |= 1 << 15
            }
        }
        return mode
    }

    /// The processors before the process joins its cgroup, for `exec` only.
    public func applyInitialAffinity(to process: Int32) throws(FieldError) {
        try apply(affinity?.initial, "initial", process)
    }

    /// The processors after it joined. With none asked for before either, every processor that the cgroup allows: what the
    /// runtime itself was bound to is no business of the container's.
    public func applyFinalAffinity(to process: Int32) throws(FieldError) {
        if affinity?.initial == nil, affinity?.final == nil {
            // The kernel takes out what the cgroup doesn't allow. A seccomp filter or an old kernel may refuse: as it was.
            _ = try? ProcessAttributes.setAffinity(Self.everyProcessor, of: process)
            return
        }
        try apply(affinity?.final, "final", process)
    }

    private static let everyProcessor = [UInt8](repeating: 0xFF, count: 1024)

    private func apply(_ set: ProcessorSet?, _ key: String, _ process: Int32) throws(FieldError) {
        guard let set else { return }
        var bytes: [UInt8] = []
        for word in set.mask {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
        }
        try asking("process.execCPUAffinity.\(key)") { () throws(SystemCallError) in
            try ProcessAttributes.setAffinity(bytes, of: process)
        }
    }
}
