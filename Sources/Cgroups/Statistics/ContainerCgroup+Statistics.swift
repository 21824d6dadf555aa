import SystemCalls

extension ContainerCgroup {
    /// Reads what the groups have counted. A controller that isn't there leaves its part empty.
    ///
    /// - Throws: when the container has no groups, or they are gone.
    public func statistics() throws(CgroupError) -> CgroupStatistics {
        guard let census else { throw CgroupError("the container has none, so that nothing was counted") }
        guard (try? FileStatus.of(census.directory)) != nil else {
            throw CgroupError(SystemCallError("fstatat", census.directory, .noSuchFile), advice: "the group is gone")
        }
        var statistics = CgroupStatistics()
        readCPU(&statistics)
        readMemory(&statistics)
        readTasks(&statistics)
        readBlockIO(&statistics)
        readHugepages(&statistics)
        readRDMA(&statistics)
        return statistics
    }

    /// How many processes of the container the kernel killed for want of memory.
    public var outOfMemoryKills: UInt64 {
        guard let group = group("memory", "memory") else { return 0 }
        return GroupReader(directory: group.directory).counters(
            group.isUnified ? "memory.events" : "memory.oom_control")?[
                "oom_kill"] ?? 0
    }

    private func reader(_ legacy: String, _ unified: String) -> (files: GroupReader, isUnified: Bool)? {
        group(legacy, unified).map { (GroupReader(directory: $0.directory), $0.isUnified) }
    }

    private func readCPU(_ statistics: inout CgroupStatistics) {
        if let (files, isUnified) = reader("cpu", "cpu") {
            let counters = files.counters("cpu.stat")
            if isUnified { statistics.cpu.count(unified: counters) } else { statistics.cpu.count(legacy: counters) }
        }
        if let group = groups.first(where: { $0.controllers.contains("cpuacct") }) {
            statistics.cpu.account(GroupReader(directory: group.directory))
        }
        // The tree of version 2 knows the pressure even where version 1 has the controllers.
        if let unified, let text = GroupReader(directory: unified.directory).text("cpu.pressure") {
            statistics.cpu.pressure = .init(text)
        }
        if let (files, _) = reader("cpuset", "cpuset") { statistics.cpuset = .init(files) }
    }

    private func readMemory(_ statistics: inout CgroupStatistics) {
        statistics.outOfMemoryKills = outOfMemoryKills
        guard let (files, isUnified) = reader("memory", "memory"), let counters = files.counters("memory.stat") else {
            return
        }
        var memory =
            isUnified
            ? CgroupStatistics.Memory(unified: files, counters) : CgroupStatistics.Memory(legacy: files, counters)
        if let unified, let text = GroupReader(directory: unified.directory).text("memory.pressure") {
            memory.pressure = .init(text)
        }
        statistics.memory = memory
    }

    private func readTasks(_ statistics: inout CgroupStatistics) {
        guard let (files, _) = reader("pids", "pids") else { return }
        var tasks = CgroupStatistics.Tasks()
        if let current = files.number("pids.current") {
            tasks.current = current
            let limit = files.number("pids.max") ?? 0
            tasks.limit = limit == .max ? 0 : limit
        } else {
            // Nobody counts: the processes are what there is.
            guard let processes = try? processes() else { return }
            tasks.current = UInt64(processes.count)
        }
        statistics.tasks = tasks
    }

    private func readBlockIO(_ statistics: inout CgroupStatistics) {
        if let (files, isUnified) = reader("blkio", "io") {
            if isUnified {
                if let text = files.text("io.stat") { statistics.blockIO = .init(unified: text) }
            } else {
                statistics.blockIO = .init(legacy: files)
            }
        }
        if let unified, let text = GroupReader(directory: unified.directory).text("io.pressure") {
            statistics.blockIO.pressure = .init(text)
        }
    }

    private func readHugepages(_ statistics: inout CgroupStatistics) {
        guard let (files, isUnified) = reader("hugetlb", "hugetlb") else { return }
        statistics.hugepages = CgroupStatistics.Hugepages.sizes().compactMap { size in
            CgroupStatistics.Hugepages(size: size, files, unified: isUnified)
        }
    }

    private func readRDMA(_ statistics: inout CgroupStatistics) {
        guard let (files, _) = reader("rdma", "rdma"), let current = files.text("rdma.current") else { return }
        statistics.rdma = CgroupStatistics.RDMA.list(current: current, limits: files.text("rdma.max") ?? "")
    }
}
