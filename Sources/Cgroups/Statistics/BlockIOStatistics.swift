extension CgroupStatistics.BlockIO {
    /// Version 1: which files there are depends on the kernel's schedulers; the first family that is there counts.
    init(legacy files: GroupReader) {
        for (prefix, suffix) in [
            ("blkio.bfq.", "_recursive"), ("blkio.", "_recursive"), ("blkio.throttle.", "_recursive"),
            ("blkio.throttle.", ""),
        ] {
            func counts(_ name: String) -> [CgroupStatistics.DeviceCount]? {
                files.text("\(prefix)\(name)\(suffix)").map(Self.counts)
            }
            guard let bytes = counts("io_service_bytes"), let operations = counts("io_serviced") else { continue }
            // BFQ counts only what it has scheduled: nothing on a device without it.
            if prefix == "blkio.bfq.", bytes.isEmpty { continue }
            serviceBytes = bytes
            serviced = operations
            queued = counts("io_queued") ?? []
            serviceTime = counts("io_service_time") ?? []
            waitTime = counts("io_wait_time") ?? []
            merged = counts("io_merged") ?? []
            time = counts("time") ?? []
            sectors = counts("sectors") ?? []
            return
        }
    }

    /// Lines such as `8:0 Read 4096` or `8:0 12`; `Total 4096` sums up all devices and is left out.
    static func counts(_ text: String) -> [CgroupStatistics.DeviceCount] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(whereSeparator: { $0 == " " || $0 == ":" })
            guard (3...4).contains(fields.count), let major = UInt64(fields[0]), let minor = UInt64(fields[1]),
                let value = fields.last.flatMap({ UInt64($0) })
            else { return nil }
            return .init(
                major: major, minor: minor, operation: fields.count == 4 ? String(fields[2]) : "", value: value)
        }
    }

    /// `io.stat` of version 2: lines such as `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`.
    init(unified text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let numbers = fields.first?.split(separator: ":"), numbers.count == 2, let major = UInt64(numbers[0]),
                let minor = UInt64(numbers[1])
            else { continue }
            for field in fields.dropFirst() {
                let parts = field.split(separator: "=")
                guard parts.count == 2, let value = UInt64(parts[1]) else { continue }
                func count(_ operation: String) -> CgroupStatistics.DeviceCount {
                    .init(major: major, minor: minor, operation: operation, value: value)
                }
                switch parts[0] {
                case "rbytes": serviceBytes.append(count("Read"))
                case "wbytes": serviceBytes.append(count("Write"))
                case "dbytes": serviceBytes.append(count("Discard"))
                case "rios": serviced.append(count("Read"))
                case "wios": serviced.append(count("Write"))
                case "dios": serviced.append(count("Discard"))
                default: continue
                }
            }
        }
    }
}
