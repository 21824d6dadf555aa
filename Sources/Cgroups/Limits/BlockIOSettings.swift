import OCISpec

/// `linux.resources.blockIO` as files of blkio (version 1) and io (version 2).
enum BlockIOSettings {
    static let field = "linux.resources.blockIO"
    static let weights: ClosedRange<UInt16> = 10...1000

    static func legacy(_ blockIO: LinuxResources.BlockIO) throws(CgroupError) -> [GroupSetting] {
        var settings: [GroupSetting] = []
        if let weight = try weight(blockIO.weight, "weight") {
            // The second name is that of kernels whose only scheduler with weights is BFQ.
            settings.append(
                setting(
                    "blkio.weight", "\(weight)", "weight",
                    missing: .instead(file: "blkio.bfq.weight", value: "\(weight)")))
        }
        if let weight = try weight(blockIO.leafWeight, "leafWeight") {
            settings.append(setting("blkio.leaf_weight", "\(weight)", "leafWeight"))
        }
        for (index, device) in blockIO.weightDevice.enumerated() {
            let name = "weightDevice[\(index)]"
            if let weight = try weight(device.weight, "\(name).weight") {
                let value = "\(device.major):\(device.minor) \(weight)"
                settings.append(
                    setting(
                        "blkio.weight_device", value, "\(name).weight",
                        missing: .instead(file: "blkio.bfq.weight_device", value: value)))
            }
            if let weight = try weight(device.leafWeight, "\(name).leafWeight") {
                settings.append(
                    setting(
                        "blkio.leaf_weight_device", "\(device.major):\(device.minor) \(weight)", "\(name).leafWeight"))
            }
        }
        for throttle in throttles(blockIO) {
            for (index, device) in throttle.devices.enumerated() {
                settings.append(
                    setting(
                        throttle.legacyFile, "\(device.major):\(device.minor) \(device.rate)",
                        "\(throttle.name)[\(index)]"))
            }
        }
        return settings
    }

    static func unified(_ blockIO: LinuxResources.BlockIO) throws(CgroupError) -> [GroupSetting] {
        var settings: [GroupSetting] = []
        if let weight = try weight(blockIO.weight, "weight") {
            settings.append(
                setting(
                    "io.bfq.weight", "\(weight)", "weight",
                    missing: .instead(file: "io.weight", value: "\(unifiedWeight(weight))")))
        }
        if try weight(blockIO.leafWeight, "leafWeight") != nil {
            throw CgroupError(
                field: "\(field).leafWeight", "version 2 of control groups has no leaf weights; leave it out")
        }
        for (index, device) in blockIO.weightDevice.enumerated() {
            let name = "weightDevice[\(index)]"
            if try weight(device.leafWeight, "\(name).leafWeight") != nil {
                throw CgroupError(
                    field: "\(field).\(name).leafWeight",
                    "version 2 of control groups has no leaf weights; leave it out")
            }
            guard let weight = try weight(device.weight, "\(name).weight") else { continue }
            let numbers = "\(device.major):\(device.minor)"
            settings.append(
                setting(
                    "io.bfq.weight", "\(numbers) \(weight)", "\(name).weight",
                    missing: .instead(file: "io.weight", value: "\(numbers) \(unifiedWeight(weight))")))
        }
        for throttle in throttles(blockIO) {
            for (index, device) in throttle.devices.enumerated() {
                let value = "\(device.major):\(device.minor) \(throttle.unifiedKey)=\(device.rate)"
                settings.append(setting("io.max", value, "\(throttle.name)[\(index)]"))
            }
        }
        return settings
    }

    /// 10…1000 stretched to 1…10000.
    static func unifiedWeight(_ weight: UInt16) -> Int { 1 + (Int(weight) - 10) * 9999 / 990 }

    /// nil when it isn't set, which is written as 0 too.
    private static func weight(_ weight: UInt16?, _ name: String) throws(CgroupError) -> UInt16? {
        guard let weight, weight != 0 else { return nil }
        guard weights.contains(weight) else {
            throw CgroupError(
                field: "\(field).\(name)", "\(weight) isn't between \(weights.lowerBound) and \(weights.upperBound)")
        }
        return weight
    }

    private struct Throttle {
        let name: String
        let legacyFile: String
        let unifiedKey: String
        let devices: [LinuxResources.DeviceRate]
    }

    private static func throttles(_ blockIO: LinuxResources.BlockIO) -> [Throttle] {
        func throttle(_ name: String, _ file: String, _ key: String, _ devices: [LinuxResources.DeviceRate]) -> Throttle
        {
            Throttle(name: name, legacyFile: "blkio.throttle.\(file)_device", unifiedKey: key, devices: devices)
        }
        return [
            throttle("throttleReadBpsDevice", "read_bps", "rbps", blockIO.throttleReadBpsDevice),
            throttle("throttleWriteBpsDevice", "write_bps", "wbps", blockIO.throttleWriteBpsDevice),
            throttle("throttleReadIOPSDevice", "read_iops", "riops", blockIO.throttleReadIOPSDevice),
            throttle("throttleWriteIOPSDevice", "write_iops", "wiops", blockIO.throttleWriteIOPSDevice),
        ]
    }

    private static func setting(
        _ file: String, _ value: String, _ name: String, missing: GroupSetting.Missing = .refused
    ) -> GroupSetting {
        GroupSetting(file: file, value: value, field: "\(field).\(name)", missing: missing)
    }
}
