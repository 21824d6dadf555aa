import OCISpec

/// `linux.resources.memory` as files of the memory controller.
///
/// 0 for a limit is "not set": Docker and podman write it so. Kernel memory has no limit of its own any more (Linux
/// 5.16), but for the buffers of TCP in version 1.
enum MemorySettings {
    static let field = "linux.resources.memory"

    /// Version 1: `swap` is memory and swap together, as the specification has it.
    static func legacy(_ memory: LinuxResources.Memory) throws(CgroupError) -> [GroupSetting] {
        var settings: [GroupSetting] = []
        // The kernel wants limit ≤ limit with swap at each moment: what it refuses now, it may take after the other.
        if let limit = set(memory.limit) {
            settings.append(setting("memory.limit_in_bytes", "\(limit)", "limit", mayWait: true))
        }
        if let swap = set(memory.swap) {
            settings.append(
                setting(
                    "memory.memsw.limit_in_bytes", "\(swap)", "swap",
                    // No swap at all is asked for, and the kernel doesn't count any: there is nothing more to be had.
                    missing: swap == memory.limit ? .ignored : .refused, mayWait: true))
        } else if memory.limit == -1 {
            // No limit for memory alone would still leave one for both.
            settings.append(setting("memory.memsw.limit_in_bytes", "-1", "limit", missing: .ignored))
        }
        if let reservation = set(memory.reservation) {
            settings.append(setting("memory.soft_limit_in_bytes", "\(reservation)", "reservation"))
        }
        if let buffers = set(memory.kernelTCP) {
            settings.append(setting("memory.kmem.tcp.limit_in_bytes", "\(buffers)", "kernelTCP"))
        }
        if let useHierarchy = memory.useHierarchy {
            // Since Linux 5.11 always so: asking for it needs no file, asking against it is refused by the kernel.
            settings.append(
                setting(
                    "memory.use_hierarchy", useHierarchy ? "1" : "0", "useHierarchy",
                    missing: useHierarchy ? .ignored : .refused))
        }
        if let disable = memory.disableOOMKiller {
            settings.append(
                setting(
                    "memory.oom_control", disable ? "1" : "0", "disableOOMKiller",
                    missing: disable ? .refused : .ignored))
        }
        if let swappiness = memory.swappiness {
            settings.append(setting("memory.swappiness", "\(swappiness)", "swappiness"))
        }
        return settings
    }

    /// Version 2: swap is counted apart, so that what the specification adds is subtracted again.
    ///
    /// - Parameter currentLimit: the group's `memory.max`, asked for only when swap comes without a limit.
    static func unified(
        _ memory: LinuxResources.Memory, currentLimit: () -> Int64?
    ) throws(CgroupError) -> [GroupSetting] {
        for (isAsked, name) in [
            (memory.swappiness != nil, "swappiness"), (memory.disableOOMKiller == true, "disableOOMKiller"),
            (memory.useHierarchy == false, "useHierarchy"), (set(memory.kernelTCP) != nil, "kernelTCP"),
        ] where isAsked {
            throw CgroupError(
                field: "\(field).\(name)", "version 2 of control groups has no such setting; leave it out")
        }
        var settings: [GroupSetting] = []
        if let swap = try unifiedSwap(memory, currentLimit: currentLimit) {
            settings.append(
                setting(
                    "memory.swap.max", limitText(swap), "swap",
                    // Without accounting for swap there is nothing to limit, and nothing to open either.
                    missing: swap <= 0 ? .ignored : .refused))
        }
        if let limit = set(memory.limit) { settings.append(setting("memory.max", limitText(limit), "limit")) }
        if let reservation = set(memory.reservation) {
            settings.append(setting("memory.low", limitText(reservation), "reservation"))
        }
        return settings
    }

    /// Swap alone, -1 for no limit; nil leaves it as it is.
    private static func unifiedSwap(
        _ memory: LinuxResources.Memory, currentLimit: () -> Int64?
    ) throws(CgroupError) -> Int64? {
        guard let both = set(memory.swap) else { return memory.limit == -1 ? -1 : nil }
        if both == -1 { return -1 }
        guard let limit = set(memory.limit) ?? currentLimit() else {
            throw CgroupError(
                field: "\(field).swap", "counts memory and swap together: it needs linux.resources.memory.limit")
        }
        if limit == -1 { return both }
        guard both >= limit else {
            throw CgroupError(
                field: "\(field).swap", "\(both) is less than the limit for memory, \(limit), which it includes")
        }
        return both - limit
    }

    /// `checkBeforeUpdate`: version 2 would kill where version 1 refuses.
    static func check(_ memory: LinuxResources.Memory, usage: Int64, swapUsage: Int64) throws(CgroupError) {
        if let limit = memory.limit, limit > 0, limit <= usage {
            throw CgroupError(field: "\(field).limit", "\(limit) isn't more than the \(usage) bytes in use")
        }
        if let both = memory.swap, both > 0, both <= usage + swapUsage {
            throw CgroupError(field: "\(field).swap", "\(both) isn't more than the \(usage + swapUsage) bytes in use")
        }
    }

    private static func set(_ value: Int64?) -> Int64? { value == 0 ? nil : value }

    private static func limitText(_ value: Int64) -> String { value < 0 ? "max" : "\(value)" }

    private static func setting(
        _ file: String, _ value: String, _ name: String, missing: GroupSetting.Missing = .refused, mayWait: Bool = false
    ) -> GroupSetting {
        GroupSetting(file: file, value: value, field: "\(field).\(name)", missing: missing, mayWait: mayWait)
    }
}
