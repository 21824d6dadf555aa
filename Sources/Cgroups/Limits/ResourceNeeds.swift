import OCISpec

/// A controller that a configuration asks for, under its names in both versions.
struct ResourceNeed: Equatable {
    /// nil: version 1 has no such controller.
    var legacy: String?
    /// nil: version 2 has none.
    var unified: String?
    /// The field of config.json that asks for it.
    var field: String
}

extension LinuxResources {
    /// The controllers that something is asked of, devices aside. Empty: no limit at all.
    var needs: [ResourceNeed] {
        var needs: [ResourceNeed] = []
        func need(_ isAsked: Bool, _ legacy: String?, _ unified: String?, _ field: String) {
            if isAsked {
                needs.append(ResourceNeed(legacy: legacy, unified: unified, field: "linux.resources.\(field)"))
            }
        }
        if let memory { need(memory.asksForSomething, "memory", "memory", memory.askedField) }
        if let cpu {
            need(cpu.asksForTime, "cpu", "cpu", cpu.askedField)
            need(cpu.cpus?.isEmpty == false, "cpuset", "cpuset", "cpu.cpus")
            need(cpu.mems?.isEmpty == false, "cpuset", "cpuset", "cpu.mems")
        }
        need(pids?.limit != nil, "pids", "pids", "pids.limit")
        if let blockIO { need(blockIO.asksForSomething, "blkio", "io", "blockIO") }
        need(!hugepageLimits.isEmpty, "hugetlb", "hugetlb", "hugepageLimits")
        if let network {
            need((network.classID ?? 0) != 0, "net_cls", nil, "network.classID")
            need(!network.priorities.isEmpty, "net_prio", nil, "network.priorities")
        }
        need(!rdma.isEmpty, "rdma", "rdma", "rdma")
        for controller in UnifiedSettings.controllers(unified) {
            need(true, nil, controller, "unified")
        }
        // `unified` may hold settings of the tree itself, which need no controller but the tree.
        need(!unified.isEmpty && UnifiedSettings.controllers(unified).isEmpty, nil, "", "unified")
        return needs
    }

    /// The first field that asks for what only a control group keeps, devices aside; nil when none does.
    public var firstLimit: String? { needs.first?.field }

    /// What was asked for and has no effect on today's kernels, a sentence for each: for a log.
    public var remarks: [String] {
        var remarks: [String] = []
        if memory?.kernel ?? 0 != 0 {
            remarks.append(
                "linux.resources.memory.kernel: kernel memory counts toward the limit and has none of its own")
        }
        return remarks
    }
}

extension LinuxResources.Memory {
    fileprivate var asksForSomething: Bool { !askedField.isEmpty }

    fileprivate var askedField: String {
        if limit ?? 0 != 0 { return "memory.limit" }
        if swap ?? 0 != 0 { return "memory.swap" }
        if reservation ?? 0 != 0 { return "memory.reservation" }
        if kernelTCP ?? 0 != 0 { return "memory.kernelTCP" }
        if swappiness != nil { return "memory.swappiness" }
        if disableOOMKiller == true { return "memory.disableOOMKiller" }
        return useHierarchy == false ? "memory.useHierarchy" : ""
    }
}

extension LinuxResources.CPU {
    fileprivate var asksForTime: Bool { !askedField.isEmpty }

    fileprivate var askedField: String {
        if quota ?? 0 != 0 { return "cpu.quota" }
        if shares ?? 0 != 0 { return "cpu.shares" }
        if period ?? 0 != 0 { return "cpu.period" }
        if burst ?? 0 != 0 { return "cpu.burst" }
        if idle ?? 0 != 0 { return "cpu.idle" }
        if realtimeRuntime ?? 0 != 0 { return "cpu.realtimeRuntime" }
        return realtimePeriod ?? 0 != 0 ? "cpu.realtimePeriod" : ""
    }
}

extension LinuxResources.BlockIO {
    fileprivate var asksForSomething: Bool { self != LinuxResources.BlockIO() }
}
