import JSON

/// How the kernel schedules the process: sched_setattr(2). Runtime specification, "Linux Process".
public struct LinuxScheduler: Equatable, Sendable {
    public enum Policy: String, CaseIterable, Sendable {
        case other = "SCHED_OTHER"
        case fifo = "SCHED_FIFO"
        case roundRobin = "SCHED_RR"
        case batch = "SCHED_BATCH"
        case iso = "SCHED_ISO"
        case idle = "SCHED_IDLE"
        case deadline = "SCHED_DEADLINE"
    }

    public enum Flag: String, CaseIterable, Sendable {
        case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
        case reclaim = "SCHED_FLAG_RECLAIM"
        case deadlineOverrun = "SCHED_FLAG_DL_OVERRUN"
        case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
        case keepParameters = "SCHED_FLAG_KEEP_PARAMS"
        case clampMinimum = "SCHED_FLAG_UTIL_CLAMP_MIN"
        case clampMaximum = "SCHED_FLAG_UTIL_CLAMP_MAX"
    }

    public var policy: Policy
    /// -20 to 19.
    public var nice: Int32
    /// The static priority of the real-time policies.
    public var priority: Int32
    public var flags: [Flag]
    /// In nanoseconds, for `.deadline`.
    public var runtime: UInt64
    public var deadline: UInt64
    public var period: UInt64

    public init(json node: JSONNode) throws(JSONError) {
        policy = try node.required("policy").choice()
        nice = try node.integer("nice", in: -20...19) ?? 0
        priority = try node.integer("priority", in: 0...99) ?? 0
        flags = try node.choices("flags")
        runtime = try node.integer("runtime") ?? 0
        deadline = try node.integer("deadline") ?? 0
        period = try node.integer("period") ?? 0
    }
}

/// The priority of the process's input and output: ioprio_set(2).
public struct LinuxIOPriority: Equatable, Sendable {
    public enum Class: String, CaseIterable, Sendable {
        case realTime = "IOPRIO_CLASS_RT"
        case bestEffort = "IOPRIO_CLASS_BE"
        case idle = "IOPRIO_CLASS_IDLE"
    }

    public var `class`: Class
    /// 0, the highest, to 7.
    public var priority: Int32

    public init(json node: JSONNode) throws(JSONError) {
        self.class = try node.required("class").choice()
        priority = try node.integer("priority", in: 0...7) ?? 0
    }
}

/// On which processors an `exec` runs, before and after it joins the container's cgroup; not for the first process.
public struct LinuxCPUAffinity: Equatable, Sendable {
    public var initial: ProcessorSet?
    public var final: ProcessorSet?

    public init(json node: JSONNode) throws(JSONError) {
        initial = try ProcessorSet(json: node, "initial")
        final = try ProcessorSet(json: node, "final")
    }
}
