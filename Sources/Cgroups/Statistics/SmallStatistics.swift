import SystemCalls

extension CgroupStatistics.Hugepages {
    private static let sizeLimit = 64

    /// The sizes that this machine has, as the groups' files name them, sorted.
    static func sizes() -> [String] {
        guard let names = try? Files.names(inDirectory: "/sys/kernel/mm/hugepages", limit: sizeLimit) else { return [] }
        return names.compactMap(size).sorted()
    }

    /// `hugepages-2048kB` as `2MB`.
    static func size(_ name: String) -> String? {
        guard name.hasPrefix("hugepages-"), name.hasSuffix("kB"),
            let kilobytes = UInt64(name.dropFirst("hugepages-".count).dropLast(2))
        else { return nil }
        if kilobytes >= 1 << 20 { return "\(kilobytes >> 20)GB" }
        return kilobytes >= 1 << 10 ? "\(kilobytes >> 10)MB" : "\(kilobytes)KB"
    }

    /// Reserved pages where the kernel counts them, else pages in use; nil when it counts neither.
    init?(size: String, _ files: GroupReader, unified: Bool) {
        self.init(size: size)
        for kind in [".rsvd", ""] {
            let name = "hugetlb.\(size)\(kind)"
            guard let usage = files.number("\(name).\(unified ? "current" : "usage_in_bytes")") else { continue }
            self.usage = usage
            if unified {
                failures = files.counters("hugetlb.\(size).events")?["max"] ?? 0
            } else {
                maximum = files.number("\(name).max_usage_in_bytes") ?? 0
                failures = files.number("\(name).failcnt") ?? 0
            }
            return
        }
        return nil
    }
}

extension CgroupStatistics.RDMA {
    /// Lines such as `mlx5_1 hca_handle=2 hca_object=max`.
    static func list(current: String, limits: String) -> [CgroupStatistics.RDMA] {
        let limits = lines(limits)
        return lines(current).map { line in
            var device = CgroupStatistics.RDMA(device: line.device)
            device.handles = line.handles ?? 0
            device.objects = line.objects ?? 0
            if let limit = limits.first(where: { $0.device == line.device }) {
                device.handleLimit = limit.handles ?? .max
                device.objectLimit = limit.objects ?? .max
            }
            return device
        }
    }

    private static func lines(_ text: String) -> [(device: String, handles: UInt32?, objects: UInt32?)] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard let device = fields.first else { return nil }
            func value(_ key: String) -> UInt32? {
                fields.first { $0.hasPrefix("\(key)=") }.flatMap { UInt32($0.dropFirst(key.count + 1)) }
            }
            return (String(device), value("hca_handle"), value("hca_object"))
        }
    }
}
