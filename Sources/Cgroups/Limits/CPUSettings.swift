import OCISpec
import SystemCalls

/// `linux.resources.cpu` as files of the cpu and cpuset controllers. 0 for a time or for shares is "not set".
enum CPUSettings {
    static let field = "linux.resources.cpu"
    /// What the kernel takes for shares; others it would silently change.
    static let shares: ClosedRange<UInt64> = 2...262_144
    /// Microseconds: what the kernel deals out time by when nobody says.
    static let defaultPeriod: UInt64 = 100_000

    static func legacy(_ cpu: LinuxResources.CPU) throws(CgroupError) -> [GroupSetting] {
        var settings: [GroupSetting] = []
        if let shares = set(cpu.shares), cpu.idle != 1 {
            guard Self.shares.contains(shares) else {
                throw CgroupError(
                    field: "\(field).shares",
                    "\(shares) isn't between \(Self.shares.lowerBound) and \(Self.shares.upperBound)")
            }
            // A group that is idle takes none: then after `cpu.idle`.
            settings.append(setting("cpu.shares", "\(shares)", "shares", mayWait: true))
        }
        // The three depend on each other and on the group above; which order works depends on the values that are
        // there.
        if let period = set(cpu.period) {
            settings.append(setting("cpu.cfs_period_us", "\(period)", "period", mayWait: true))
        }
        if let burst = cpu.burst {
            settings.append(
                setting(
                    "cpu.cfs_burst_us", "\(burst)", "burst", missing: burst == 0 ? .ignored : .refused, mayWait: true))
        }
        if let quota = set(cpu.quota) {
            settings.append(setting("cpu.cfs_quota_us", quota < 0 ? "-1" : "\(quota)", "quota", mayWait: true))
        }
        if let idle = cpu.idle {
            settings.append(setting("cpu.idle", "\(idle)", "idle", missing: idle == 0 ? .ignored : .refused))
        }
        if let period = set(cpu.realtimePeriod) {
            settings.append(setting("cpu.rt_period_us", "\(period)", "realtimePeriod", mayWait: true))
        }
        if let runtime = set(cpu.realtimeRuntime) {
            settings.append(setting("cpu.rt_runtime_us", "\(runtime)", "realtimeRuntime", mayWait: true))
        }
        return settings
    }

    /// - Parameter currentMaximum: the group's `cpu.max`, asked for only when one of quota and period comes alone.
    static func unified(
        _ cpu: LinuxResources.CPU, currentMaximum: () -> String?
    ) throws(CgroupError) -> [GroupSetting] {
        for (isAsked, name) in [
            (set(cpu.realtimePeriod) != nil, "realtimePeriod"), (set(cpu.realtimeRuntime) != nil, "realtimeRuntime"),
        ] where isAsked {
            throw CgroupError(
                field: "\(field).\(name)", "version 2 of control groups has no realtime limits; leave it out")
        }
        var settings: [GroupSetting] = []
        if let idle = cpu.idle {
            settings.append(setting("cpu.idle", "\(idle)", "idle", missing: idle == 0 ? .ignored : .refused))
        }
        if let shares = set(cpu.shares), cpu.idle != 1 {
            settings.append(setting("cpu.weight", "\(weight(shares: shares))", "shares"))
        }
        if let burst = cpu.burst {
            settings.append(
                setting("cpu.max.burst", "\(burst)", "burst", missing: burst == 0 ? .ignored : .refused, mayWait: true))
        }
        if let maximum = maximum(cpu, current: currentMaximum) {
            settings.append(setting("cpu.max", maximum, set(cpu.quota) == nil ? "period" : "quota"))
        }
        return settings
    }

    /// `QUOTA PERIOD`. A quota alone leaves the period as it is; a period alone needs the quota that is there.
    private static func maximum(_ cpu: LinuxResources.CPU, current: () -> String?) -> String? {
        let quota = set(cpu.quota).map { $0 < 0 ? "max" : "\($0)" }
        guard let period = set(cpu.period) else { return quota }
        if let quota { return "\(quota) \(period)" }
        let kept = current()?.split(whereSeparator: \.isWhitespace).first
        return "\(kept ?? "max") \(period)"
    }

    /// Shares of version 1 (2…262144, usually 1024) as a weight of version 2 (1…10000, usually 100).
    ///
    /// The curve through the three points that systemd, runc and crun agreed on, in place of the straight line that
    /// made 1024 a weight of 39.
    static func weight(shares: UInt64) -> UInt64 {
        if shares <= Self.shares.lowerBound { return 1 }
        if shares >= Self.shares.upperBound { return 10_000 }
        let logarithm = Exponents.binaryLogarithm(Double(shares))
        let exponent = (logarithm * logarithm + 125 * logarithm) / 612 - 7.0 / 34
        let weight = Exponents.power(10, exponent).rounded(.up)
        return UInt64(exactly: min(max(weight, 1), 10_000)) ?? 100
    }

    /// `cpus` and `mems`; the files have the same names in both versions.
    static func processorSet(_ cpu: LinuxResources.CPU) -> [GroupSetting] {
        var settings: [GroupSetting] = []
        // Mounts of version 1 with `noprefix` name them without the controller.
        if let cpus = cpu.cpus, !cpus.isEmpty {
            settings.append(setting("cpuset.cpus", cpus, "cpus", missing: .instead(file: "cpus", value: cpus)))
        }
        if let mems = cpu.mems, !mems.isEmpty {
            settings.append(setting("cpuset.mems", mems, "mems", missing: .instead(file: "mems", value: mems)))
        }
        return settings
    }

    private static func set<Number: FixedWidthInteger>(_ value: Number?) -> Number? { value == 0 ? nil : value }

    private static func setting(
        _ file: String, _ value: String, _ name: String, missing: GroupSetting.Missing = .refused, mayWait: Bool = false
    ) -> GroupSetting {
        GroupSetting(file: file, value: value, field: "\(field).\(name)", missing: missing, mayWait: mayWait)
    }
}
