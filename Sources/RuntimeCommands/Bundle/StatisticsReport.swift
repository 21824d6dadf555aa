import Cgroups
import JSON

/// What a container uses, in the shape of runc's `events`, which containerd and others read. Its members of value zero are
/// left out where runc leaves them out.
enum StatisticsReport {
    static func json(_ statistics: CgroupStatistics) -> JSONValue {
        var report = Members()
        report["cpu"] = cpu(statistics.cpu)
        report["cpuset"] = statistics.cpuset.map(cpuset) ?? .object(JSONObject())
        report["memory"] = memory(statistics.memory)
        report["pids"] = [("current", statistics.tasks?.current), ("limit", statistics.tasks?.limit)].nonZero
        report["blkio"] = blockIO(statistics.blockIO)
        report["hugetlb"] = .object(
            JSONObject(
                statistics.hugepages.map { pages in
                    .init(key: pages.size, value: entry(usage: pages.usage, pages.maximum, failures: pages.failures))
                }))
        report["intel_rdt"] = .object(JSONObject())
        // The container's network is looked at by whoever made it.
        report["network_interfaces"] = .null
        return report.json
    }

    private static func cpu(_ cpu: CgroupStatistics.CPU) -> JSONValue {
        var usage = Members([("total", cpu.total)])
        usage["percpu"] = list(cpu.perProcessor)
        usage["percpu_kernel"] = list(cpu.perProcessorSystem)
        usage["percpu_user"] = list(cpu.perProcessorUser)
        usage["kernel"] = .unsigned(cpu.system)
        usage["user"] = .unsigned(cpu.user)
        var object = Members()
        object["usage"] = usage.json
        object["throttling"] =
            [
                ("periods", cpu.periods), ("throttledPeriods", cpu.throttledPeriods),
                ("throttledTime", cpu.throttledTime),
            ].nonZero
        object["psi"] = cpu.pressure.map(pressure)
        return object.json
    }

    private static func cpuset(_ set: CgroupStatistics.CPUSet) -> JSONValue {
        var object = Members()
        object["cpus"] = list(set.processors.map(UInt64.init))
        object["cpu_exclusive"] = .unsigned(set.processorsExclusive)
        object["mems"] = list(set.memoryNodes.map(UInt64.init))
        object["mem_hardwall"] = .unsigned(set.memoryHardwall)
        object["mem_exclusive"] = .unsigned(set.memoryExclusive)
        object["memory_migrate"] = .unsigned(set.memoryMigrate)
        object["memory_spread_page"] = .unsigned(set.memorySpreadPage)
        object["memory_spread_slab"] = .unsigned(set.memorySpreadSlab)
        object["memory_pressure"] = .unsigned(set.memoryPressure)
        object["sched_load_balance"] = .unsigned(set.schedulerLoadBalance)
        object["sched_relax_domain_level"] = .integer(set.schedulerRelaxDomainLevel)
        return object.json
    }

    private static func memory(_ memory: CgroupStatistics.Memory?) -> JSONValue {
        let memory = memory ?? .init()
        var object = Members([("cache", memory.cache)])
        for (name, use) in [
            ("usage", memory.memory), ("swap", memory.memoryAndSwap), ("kernel", memory.kernel),
            ("kernelTCP", memory.kernelTCP),
        ] where use != .init() {
            object[name] = entry(limit: use.limit, usage: use.usage, use.maximum, failures: use.failures)
        }
        if !memory.counters.isEmpty {
            object["raw"] = .object(
                JSONObject(memory.counters.map { .init(key: $0.name, value: .unsigned($0.value)) }))
        }
        object["psi"] = memory.pressure.map(pressure)
        return object.json
    }

    private static func blockIO(_ io: CgroupStatistics.BlockIO) -> JSONValue {
        var object = Members()
        for (name, counts) in [
            ("ioServiceBytesRecursive", io.serviceBytes), ("ioServicedRecursive", io.serviced),
            ("ioQueueRecursive", io.queued), ("ioServiceTimeRecursive", io.serviceTime),
            ("ioWaitTimeRecursive", io.waitTime), ("ioMergedRecursive", io.merged), ("ioTimeRecursive", io.time),
            ("sectorsRecursive", io.sectors),
        ] where !counts.isEmpty {
            object[name] = .array(counts.map(count))
        }
        object["psi"] = io.pressure.map(pressure)
        return object.json
    }

    private static func count(_ count: CgroupStatistics.DeviceCount) -> JSONValue {
        var object = Members([("major", count.major), ("minor", count.minor)])
        if !count.operation.isEmpty { object["op"] = .string(count.operation) }
        if count.value != 0 { object["value"] = .unsigned(count.value) }
        return object.json
    }

    private static func entry(
        limit: UInt64? = nil, usage: UInt64, _ maximum: UInt64, failures: UInt64
    ) -> JSONValue {
        var object = Members()
        object["limit"] = limit.map { .unsigned($0) }
        if usage != 0 { object["usage"] = .unsigned(usage) }
        if maximum != 0 { object["max"] = .unsigned(maximum) }
        object["failcnt"] = .unsigned(failures)
        return object.json
    }

    private static func pressure(_ pressure: CgroupStatistics.Pressure) -> JSONValue {
        func share(_ share: CgroupStatistics.Pressure.Share) -> JSONValue {
            [
                "avg10": .double(share.average10), "avg60": .double(share.average60),
                "avg300": .double(share.average300), "total": .unsigned(share.total),
            ]
        }
        return ["some": share(pressure.some), "full": share(pressure.full)]
    }

    /// nil, which is no member, for an empty list.
    private static func list(_ numbers: [UInt64]) -> JSONValue? {
        numbers.isEmpty ? nil : .array(numbers.map(JSONValue.unsigned))
    }
}

/// The members of an object in their order; nil is left out.
private struct Members {
    private var object = JSONObject()

    init(_ numbers: [(String, UInt64?)] = []) {
        for (name, number) in numbers {
            if let number, number != 0 { object[name] = .unsigned(number) }
        }
    }

    subscript(name: String) -> JSONValue? {
        get { object[name] }
        set { object[name] = newValue }
    }

    var json: JSONValue { .object(object) }
}

extension [(String, UInt64?)] {
    /// An object of those that aren't zero.
    fileprivate var nonZero: JSONValue { Members(self).json }
}
