extension CgroupStatistics.CPU {
    /// `cpu.stat` of version 2, in microseconds.
    mutating func count(unified counters: Counters?) {
        func nanoseconds(_ name: String) -> UInt64 {
            (counters?[name] ?? 0).multipliedReportingOverflow(by: 1000).partialValue
        }
        total = nanoseconds("usage_usec")
        user = nanoseconds("user_usec")
        system = nanoseconds("system_usec")
        countPeriods(counters)
        throttledTime = nanoseconds("throttled_usec")
        burstTime = nanoseconds("burst_usec")
    }

    /// `cpu.stat` of version 1, in nanoseconds; usage is counted by `cpuacct`.
    mutating func count(legacy counters: Counters?) {
        countPeriods(counters)
        throttledTime = counters?["throttled_time"] ?? 0
        burstTime = counters?["burst_time"] ?? 0
    }

    private mutating func countPeriods(_ counters: Counters?) {
        periods = counters?["nr_periods"] ?? 0
        throttledPeriods = counters?["nr_throttled"] ?? 0
        bursts = counters?["nr_bursts"] ?? 0
    }

    /// The files of `cpuacct`.
    mutating func account(_ files: GroupReader) {
        total = files.number("cpuacct.usage") ?? total
        user = files.number("cpuacct.usage_user") ?? user
        system = files.number("cpuacct.usage_sys") ?? system
        perProcessor = files.numbers("cpuacct.usage_percpu")
        perProcessorUser = files.numbers("cpuacct.usage_percpu_user")
        perProcessorSystem = files.numbers("cpuacct.usage_percpu_sys")
    }
}

extension CgroupStatistics.CPUSet {
    /// nil when the group has no processors of its own to name.
    init?(_ files: GroupReader) {
        guard let processors = files.text("cpuset.cpus") ?? files.text("cpus") else { return nil }
        self.processors = Self.list(processors)
        memoryNodes = Self.list(files.text("cpuset.mems") ?? files.text("mems") ?? "")
        processorsExclusive = files.number("cpuset.cpu_exclusive") ?? 0
        memoryHardwall = files.number("cpuset.mem_hardwall") ?? 0
        memoryExclusive = files.number("cpuset.mem_exclusive") ?? 0
        memoryMigrate = files.number("cpuset.memory_migrate") ?? 0
        memorySpreadPage = files.number("cpuset.memory_spread_page") ?? 0
        memorySpreadSlab = files.number("cpuset.memory_spread_slab") ?? 0
        memoryPressure = files.number("cpuset.memory_pressure") ?? 0
        schedulerLoadBalance = files.number("cpuset.sched_load_balance") ?? 0
        schedulerRelaxDomainLevel =
            files.text("cpuset.sched_relax_domain_level").flatMap {
                Int64($0.split(whereSeparator: \.isWhitespace).first ?? "")
            }
            ?? 0
    }

    /// `0-3,7` as single numbers; more than the kernel supports aren't a list.
    static func list(_ text: String) -> [UInt16] {
        var numbers: [UInt16] = []
        for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let bounds = part.split(separator: "-")
            guard let first = bounds.first.flatMap({ UInt16($0) }), let last = bounds.last.flatMap({ UInt16($0) }),
                first <= last
            else { continue }
            numbers += first...last
            if numbers.count > Int(UInt16.max) { return [] }
        }
        return numbers
    }
}
