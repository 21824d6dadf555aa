import OCISpec

/// What systemd is told about a container's resources, so that it doesn't set them back when it looks at the unit again.
///
/// Made from the same settings that are written into the group. What has no property is left to those.
enum UnitProperties {
    /// systemd's "infinity".
    private static let infinity = UInt64.max

    static func resources(_ resources: LinuxResources, unified: Bool) throws(CgroupError) -> [UnitProperty] {
        var settings: [GroupSetting] = []
        if let memory = resources.memory {
            settings += try unified ? MemorySettings.unified(memory) { nil } : MemorySettings.legacy(memory)
        }
        if let cpu = resources.cpu {
            settings += try unified ? CPUSettings.unified(cpu) { nil } : CPUSettings.legacy(cpu)
            settings += CPUSettings.processorSet(cpu)
        }
        if let pids = resources.pids { settings += SmallSettings.tasks(pids) }
        if let weight = resources.blockIO?.weight, !unified {
            settings.append(
                GroupSetting(file: "blkio.weight", value: "\(weight)", field: "linux.resources.blockIO.weight"))
        }
        if unified { settings += try UnifiedSettings.settings(resources.unified) }
        var properties: [UnitProperty] = []
        for setting in settings { properties += try self.properties(of: setting) }
        if !unified { properties += legacyQuota(resources.cpu) }
        return properties
    }

    private static let limits = [
        "memory.max": "MemoryMax", "memory.high": "MemoryHigh", "memory.low": "MemoryLow", "memory.min": "MemoryMin",
        "memory.swap.max": "MemorySwapMax", "memory.zswap.max": "MemoryZSwapMax", "pids.max": "TasksMax",
        "cpu.weight": "CPUWeight", "memory.limit_in_bytes": "MemoryLimit", "cpu.shares": "CPUShares",
        "blkio.weight": "BlockIOWeight",
    ]

    private static func properties(of setting: GroupSetting) throws(CgroupError) -> [UnitProperty] {
        let words = setting.value.split(whereSeparator: \.isWhitespace)
        switch setting.file {
        case "cpu.max":
            let quota = words.first.flatMap { UInt64($0) }
            return quotaProperties(quota, period: words.dropFirst().first.flatMap { UInt64($0) })
        case "cpuset.cpus": return [UnitProperty("AllowedCPUs", .bytes(try ProcessorMask.bytes(setting)))]
        case "cpuset.mems": return [UnitProperty("AllowedMemoryNodes", .bytes(try ProcessorMask.bytes(setting)))]
        default:
            guard let name = limits[setting.file], words.count == 1 else { return [] }
            if words[0] == "max" || words[0] == "-1" { return [UnitProperty(name, .uint64(infinity))] }
            guard let number = UInt64(words[0]) else {
                throw CgroupError(field: setting.field, "\"\(setting.value)\" is neither a number nor max")
            }
            return [UnitProperty(name, .uint64(number))]
        }
    }

    private static func legacyQuota(_ cpu: LinuxResources.CPU?) -> [UnitProperty] {
        let quota = cpu?.quota ?? 0
        let period = cpu?.period ?? 0
        if quota == 0, period == 0 { return [] }
        return quotaProperties(quota > 0 ? UInt64(quota) : nil, period: period == 0 ? nil : period)
    }

    /// - Parameter quota: microseconds of each period; nil for no limit.
    private static func quotaProperties(_ quota: UInt64?, period: UInt64?) -> [UnitProperty] {
        var properties: [UnitProperty] = []
        if let period, period > 0 { properties.append(UnitProperty("CPUQuotaPeriodUSec", .uint64(period))) }
        var perSecond = infinity
        if let quota {
            let product = quota.multipliedFullWidth(by: 1_000_000)
            let divisor = max(period ?? CPUSettings.defaultPeriod, 1)
            if product.high < divisor {
                let exact = divisor.dividingFullWidth(product).quotient
                // systemd keeps whole percents: rounded up, never to less than was asked for.
                let (rounded, isTooLarge) = exact.addingReportingOverflow((10_000 - exact % 10_000) % 10_000)
                perSecond = isTooLarge ? infinity : rounded
            }
        }
        properties.append(UnitProperty("CPUQuotaPerSecUSec", .uint64(perSecond)))
        return properties
    }

    /// For version 1 alone: there systemd writes the devices' list itself, and would allow everything again whenever it is
    /// reloaded. In version 2 our program stands beside whatever systemd attaches.
    static func devices(_ rules: [LinuxDeviceRule]) throws(CgroupError) -> [UnitProperty] {
        let exceptions = try DeviceExceptions(DeviceRules(rules))
        if exceptions.allowsOthers, exceptions.exceptions.isEmpty {
            return [UnitProperty("DevicePolicy", .string("auto")), UnitProperty("DeviceAllow", .array(of: "(ss)", []))]
        }
        // It can't be told exceptions from "everything": then it refuses all, and what is written afterwards counts.
        let allowed = exceptions.allowsOthers ? [] : exceptions.exceptions
        let entries = allowed.compactMap { exception -> BusValue? in
            guard let name = deviceName(exception.devices) else { return nil }
            return .structure([.string(name), .string(exception.access.letters)])
        }
        return [
            UnitProperty("DevicePolicy", .string("strict")),
            // An empty list forgets what was allowed before.
            UnitProperty("DeviceAllow", .array(of: "(ss)", [])),
            UnitProperty("DeviceAllow", .array(of: "(ss)", entries)),
        ]
    }

    /// systemd.resource-control(5), `DeviceAllow=`; nil for a minor number of all majors, for which it has no name.
    private static func deviceName(_ devices: DeviceSet) -> String? {
        let kind = devices.kind == .block ? "block" : "char"
        switch (devices.major, devices.minor) {
        case (nil, nil): return "\(kind)-*"
        case (nil, _?): return nil
        case (let major?, nil): return "\(kind)-\(major)"
        case (let major?, let minor?): return "/dev/\(kind)/\(major):\(minor)"
        }
    }
}
