import OCISpec
import SystemCalls

extension ContainerCgroup {
    /// Sets limits on groups that were just made (`create` does it).
    ///
    /// - Throws: an error that names the field whose value the kernel refused, or for which there is no controller.
    public func apply(_ resources: LinuxResources) throws(CgroupError) { try apply(resources, isNew: false) }

    /// Changes the limits of a running container: `update`. Fields that are left out stay as they are; so do devices
    /// when there is no rule.
    public func update(_ resources: LinuxResources) throws(CgroupError) {
        try check(resources)
        if let unit { try SystemdDriver.update(unit, resources: resources, unified: isUnified) }
        try write(resources)
        if !resources.devices.isEmpty { try setDevices(resources, isNew: false) }
    }

    /// - Parameter isNew: nobody is in the groups yet.
    func apply(_ resources: LinuxResources, isNew: Bool) throws(CgroupError) {
        try check(resources)
        try write(resources)
        if restrictsDevices, !isEmpty { try setDevices(resources, isNew: isNew) }
    }

    /// Whether version 2 rules over everything.
    var isUnified: Bool { groups.allSatisfy(\.isUnified) }

    /// Each limit has a group that can hold it: told before the first is set.
    private func check(_ resources: LinuxResources) throws(CgroupError) {
        for need in resources.needs where group(need.legacy, need.unified) == nil {
            let names = [need.legacy, need.unified].compactMap { $0?.isEmpty == true ? nil : $0 }
            let controller = names.first ?? "version 2"
            throw CgroupError(
                field: need.field,
                isEmpty && isRootless
                    ? "the container has no control groups: run as root, or in a delegated group"
                    : "the container has no group of \(controller): is it mounted below /sys/fs/cgroup?")
        }
    }

    private func write(_ resources: LinuxResources) throws(CgroupError) {
        if let memory = resources.memory { try write(memory) }
        if let cpu = resources.cpu { try write(cpu) }
        if let pids = resources.pids { try write(SmallSettings.tasks(pids), "pids", "pids") }
        if let blockIO = resources.blockIO, let group = group("blkio", "io") {
            try write(try group.isUnified ? BlockIOSettings.unified(blockIO) : BlockIOSettings.legacy(blockIO), group)
        }
        if !resources.hugepageLimits.isEmpty, let group = group("hugetlb", "hugetlb") {
            try write(SmallSettings.hugepages(resources.hugepageLimits, unified: group.isUnified), group)
        }
        if let network = resources.network {
            try write(SmallSettings.networkClass(network), "net_cls", nil)
            try write(SmallSettings.networkPriorities(network), "net_prio", nil)
        }
        try write(SmallSettings.rdma(resources.rdma), "rdma", "rdma")
        if !resources.unified.isEmpty, let unified {
            try write(try UnifiedSettings.settings(resources.unified), unified)
        }
    }

    private func write(_ memory: LinuxResources.Memory) throws(CgroupError) {
        guard let group = group("memory", "memory") else { return }
        if !group.isUnified { return try write(try MemorySettings.legacy(memory), group) }
        if memory.checkBeforeUpdate == true {
            try MemorySettings.check(
                memory, usage: Self.number("memory.current", of: group) ?? 0,
                swapUsage: Self.number("memory.swap.current", of: group) ?? 0)
        }
        let settings = try MemorySettings.unified(memory) { Self.number("memory.max", of: group) }
        try write(settings, group)
    }

    private func write(_ cpu: LinuxResources.CPU) throws(CgroupError) {
        if let group = group("cpu", "cpu") {
            let settings =
                try group.isUnified
                ? CPUSettings.unified(cpu) { try? GroupFile.text("cpu.max", of: group.directory) }
                : CPUSettings.legacy(cpu)
            try write(settings, group)
        }
        let set = CPUSettings.processorSet(cpu)
        guard let first = set.first, let group = group("cpuset", "cpuset") else { return }
        if !group.isUnified {
            // Nothing can be chosen of what the group above doesn't have.
            do throws(SystemCallError) {
                try Cpuset.inherit(group.directory)
            } catch { throw CgroupError(field: first.field, error) }
        }
        try write(set, group)
    }

    private func setDevices(_ resources: LinuxResources, isNew: Bool) throws(CgroupError) {
        // Nobody but root may, and without root no device node can be made or is anybody's.
        if isRootless { return }
        guard let group = group("devices", "devices") else { return }
        let controller = try DeviceController(resources.devices)
        if group.isUnified {
            try controller.apply(toUnified: group.directory)
        } else {
            try controller.apply(toLegacy: group.directory, isNew: isNew)
        }
    }

    private func write(_ settings: [GroupSetting], _ legacy: String?, _ unified: String?) throws(CgroupError) {
        guard !settings.isEmpty, let group = group(legacy, unified) else { return }
        try write(settings, group)
    }

    private func write(_ settings: [GroupSetting], _ group: Group) throws(CgroupError) {
        try GroupWriter(directory: group.directory, isUnified: group.isUnified).write(settings)
    }

    /// A file of one number; `max` is -1, and what can't be read is nil.
    static func number(_ name: String, of group: Group) -> Int64? {
        guard let word = try? GroupFile.words(name, of: group.directory).first else { return nil }
        return word == "max" ? -1 : Int64(word)
    }
}
