extension CgroupStatistics.Memory {
    /// Version 1: each kind of memory has the same four files.
    init(legacy files: GroupReader, _ counters: Counters) {
        self.counters = counters.entries.map { .init($0.name, $0.value) }
        cache = counters["cache"] ?? 0
        memory = .init(legacy: files, "memory")
        memoryAndSwap = .init(legacy: files, "memory.memsw")
        swap.usage = memoryAndSwap.usage > memory.usage ? memoryAndSwap.usage - memory.usage : 0
        swap.failures = memoryAndSwap.failures > memory.failures ? memoryAndSwap.failures - memory.failures : 0
        kernel = .init(legacy: files, "memory.kmem")
        kernelTCP = .init(legacy: files, "memory.kmem.tcp")
        usesHierarchy = files.number("memory.use_hierarchy") != 0
    }

    /// Version 2 counts swap apart, and all that is in the files of the page cache as `file`.
    init(unified files: GroupReader, _ counters: Counters) {
        self.counters = counters.entries.map { .init($0.name, $0.value) }
        cache = counters["file"] ?? 0
        memory = .init(unified: files, "memory")
        memory.failures = files.counters("memory.events")?["max"] ?? 0
        swap = .init(unified: files, "memory.swap")
        memoryAndSwap.usage = memory.usage &+ swap.usage
        let (limit, isBeyond) = memory.limit.addingReportingOverflow(swap.limit)
        memoryAndSwap.limit = isBeyond ? .max : limit
        kernel.usage = counters["kernel"] ?? 0
        kernelTCP.usage = counters["sock"] ?? 0
        usesHierarchy = true
    }
}

extension CgroupStatistics.MemoryUse {
    init(legacy files: GroupReader, _ name: String) {
        usage = files.number("\(name).usage_in_bytes") ?? 0
        maximum = files.number("\(name).max_usage_in_bytes") ?? 0
        failures = files.number("\(name).failcnt") ?? 0
        limit = files.number("\(name).limit_in_bytes") ?? 0
    }

    init(unified files: GroupReader, _ name: String) {
        usage = files.number("\(name).current") ?? 0
        maximum = files.number("\(name).peak") ?? 0
        limit = files.number("\(name).max") ?? 0
    }
}
