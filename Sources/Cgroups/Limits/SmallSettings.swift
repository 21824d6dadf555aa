import OCISpec

/// The controllers that have one or two files.
enum SmallSettings {
    /// `linux.resources.pids`: -1 is no limit. With 0 not even the container's own process could be made inside, so
    /// that it is 1, which is as little: the process that is there.
    static func tasks(_ pids: LinuxResources.PIDs) -> [GroupSetting] {
        guard let limit = pids.limit else { return [] }
        return [
            GroupSetting(
                file: "pids.max", value: limit < 0 ? "max" : "\(max(limit, 1))", field: "linux.resources.pids.limit")
        ]
    }

    /// `linux.resources.hugepageLimits`: pages in use, and pages reserved where the kernel counts them.
    static func hugepages(_ limits: [LinuxResources.HugepageLimit], unified: Bool) -> [GroupSetting] {
        let suffix = unified ? "max" : "limit_in_bytes"
        var settings: [GroupSetting] = []
        for (index, limit) in limits.enumerated() {
            let field = "linux.resources.hugepageLimits[\(index)]"
            let name = "hugetlb.\(limit.pageSize)"
            settings.append(GroupSetting(file: "\(name).\(suffix)", value: "\(limit.limit)", field: field))
            settings.append(
                GroupSetting(
                    file: "\(name).rsvd.\(suffix)", value: "\(limit.limit)", field: field, missing: .ignored))
        }
        return settings
    }

    /// `linux.resources.network.classID`.
    static func networkClass(_ network: LinuxResources.Network) -> [GroupSetting] {
        guard let classID = network.classID, classID != 0 else { return [] }
        return [
            GroupSetting(file: "net_cls.classid", value: "\(classID)", field: "linux.resources.network.classID")
        ]
    }

    /// `linux.resources.network.priorities`.
    static func networkPriorities(_ network: LinuxResources.Network) -> [GroupSetting] {
        network.priorities.enumerated().map { index, entry in
            GroupSetting(
                file: "net_prio.ifpriomap", value: "\(entry.name) \(entry.priority)",
                field: "linux.resources.network.priorities[\(index)]")
        }
    }

    /// `linux.resources.rdma`: a device's two limits in one line.
    static func rdma(_ limits: [LinuxResources.RDMALimit]) -> [GroupSetting] {
        limits.map { limit in
            var value = limit.device
            if let handles = limit.hcaHandles { value += " hca_handle=\(handles)" }
            if let objects = limit.hcaObjects { value += " hca_object=\(objects)" }
            return GroupSetting(file: "rdma.max", value: value, field: "linux.resources.rdma.\(limit.device)")
        }
    }
}
