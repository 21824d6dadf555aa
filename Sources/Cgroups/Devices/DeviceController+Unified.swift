import SystemCalls

extension DeviceController {
    /// Attaches the rules as a program to a group of version 2, in the place of what was attached before.
    ///
    /// There is no moment without a program: one that stands alone is exchanged, several are removed behind the new one.
    @discardableResult
    public func apply(toUnified directory: String) throws(CgroupError) -> Outcome {
        do throws(SystemCallError) {
            let group = try Files.open(directory, flags: [.readOnly, .directory])
            let program = try DevicePrograms.load(DeviceProgram(rules).instructions)
            try Self.attach(program.rawValue, to: group.rawValue)
        } catch {
            if isInUserNamespace { return .leftToUserNamespace }
            throw CgroupError(
                field: DeviceRules.field, error,
                advice: "rules for devices need bpf(2), which root may use (CAP_BPF or CAP_SYS_ADMIN, CAP_NET_ADMIN)")
        }
        return .enforced
    }

    /// Another process may change the group at the same time: then what was read is old, and it begins again.
    private static let attempts = 20

    private static func attach(_ program: Int32, to group: Int32) throws(SystemCallError) {
        for attempt in 1... {
            let attached = try DevicePrograms.attached(to: group)
            do throws(SystemCallError) {
                if attached.count == 1, let only = try DevicePrograms.open(attached[0]) {
                    try exchange(only.rawValue, for: program, in: group)
                } else {
                    try DevicePrograms.attach(program, to: group)
                    try detach(attached, from: group)
                }
                return
            } catch {
                guard error.errno == .noSuchFile, attempt < attempts else { throw error }
            }
        }
    }

    private static func exchange(_ old: Int32, for new: Int32, in group: Int32) throws(SystemCallError) {
        do throws(SystemCallError) {
            try DevicePrograms.attach(new, to: group, replacing: old)
        } catch {
            // Kernels before 5.6 can't exchange.
            guard error.errno == .invalid else { throw error }
            try DevicePrograms.attach(new, to: group)
            try DevicePrograms.detach(old, from: group)
        }
    }

    /// One that may not be opened stays: it can only refuse more.
    private static func detach(_ numbers: [UInt32], from group: Int32) throws(SystemCallError) {
        for number in numbers {
            do throws(SystemCallError) {
                if let old = try DevicePrograms.open(number) { try DevicePrograms.detach(old.rawValue, from: group) }
            } catch {
                guard error.errno == .accessDenied || error.errno == .notPermitted else { throw error }
            }
        }
    }
}
