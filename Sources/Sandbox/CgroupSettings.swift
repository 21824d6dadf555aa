import SystemCalls

/// One limit as the files of one controller have it.
struct CgroupSettings {
    /// The option that asked for it, for errors.
    let option: String
    private let unified: [(file: String, value: String, mustExist: Bool)]
    private let legacy: [(file: String, value: String, mustExist: Bool)]

    /// CPU time is dealt out in periods of 100 ms, the kernel's default.
    private static let periodMicroseconds: UInt64 = 100_000

    /// nil when the controller isn't asked for anything.
    init?(_ controller: CgroupHierarchy.Controller, _ limits: CgroupLimits) {
        switch controller {
        case .memory:
            guard let memory = limits.memory else { return nil }
            option = "--memory"
            // Swap is accounted for only where the kernel was told to.
            unified = [("memory.max", "\(memory)", true), ("memory.swap.max", "0", false)]
            legacy = [
                ("memory.limit_in_bytes", "\(memory)", true), ("memory.memsw.limit_in_bytes", "\(memory)", false),
            ]
        case .cpu:
            guard let thousandths = limits.milliCPUs else { return nil }
            option = "--cpus"
            let quota = UInt64(thousandths) * Self.periodMicroseconds / 1000
            unified = [("cpu.max", "\(quota) \(Self.periodMicroseconds)", true)]
            legacy = [
                ("cpu.cfs_period_us", "\(Self.periodMicroseconds)", true), ("cpu.cfs_quota_us", "\(quota)", true),
            ]
        }
    }

    func apply(to directory: Cgroup.Directory) throws(CgroupError) {
        for (name, value, mustExist) in directory.unified ? unified : legacy {
            let file = CgroupFile(directory.path, name)
            if !mustExist, !file.exists { continue }
            try file.write(value, option: option)
        }
    }
}

/// One file of a control group.
struct CgroupFile {
    let path: String

    init(_ directory: String, _ name: String) { path = "\(directory)/\(name)" }

    var exists: Bool { (try? FileStatus.of(path)) != nil }

    func write(_ value: String, option: String) throws(CgroupError) {
        do throws(SystemCallError) {
            let file = try Files.open(path, flags: .writeOnly)
            do throws(SystemCallError) {
                try Files.writeAll(file.rawValue, Array(value.utf8))
            } catch { throw SystemCallError("write", "\(path)\" of \"\(value)", error.errno) }
        } catch { throw .refused(option: option, cause: error) }
    }

    /// The number after `name ` on a line of its own.
    func counter(_ name: String) -> UInt64? {
        guard let bytes = try? Files.contents(of: path, limit: 1 << 16) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count == 2, fields[0] == name { return UInt64(fields[1]) }
        }
        return nil
    }
}
