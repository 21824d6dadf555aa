import SystemCalls

/// One value for one file of a group, and the field of config.json that asks for it.
struct GroupSetting: Equatable, Sendable {
    /// What to do when the group has no such file.
    enum Missing: Equatable, Sendable {
        case refused
        /// The kernel was built or started without it, and the value means what happens without.
        case ignored
        /// Another kernel has another file for it.
        case instead(file: String, value: String)
    }

    var file: String
    var value: String
    var field: String
    var missing: Missing = .refused
    /// Whether a refusal (`EINVAL`, `EBUSY`) may only mean that another value of the list has to be there first.
    var mayWait = false
}

/// Writes settings into one group.
struct GroupWriter {
    let directory: String
    let isUnified: Bool

    /// Writes in order; what was refused and may wait is tried once more at the end.
    func write(_ settings: [GroupSetting]) throws(CgroupError) {
        var waiting: [GroupSetting] = []
        for setting in settings {
            do throws(SystemCallError) {
                try write(setting)
            } catch {
                guard setting.mayWait, error.errno == .invalid || error.errno == .busy else {
                    throw refusal(of: setting, error)
                }
                waiting.append(setting)
            }
        }
        for setting in waiting {
            do throws(SystemCallError) {
                try write(setting)
            } catch { throw refusal(of: setting, error) }
        }
    }

    private func write(_ setting: GroupSetting) throws(SystemCallError) {
        do throws(SystemCallError) {
            try GroupFile.write(setting.value, to: setting.file, of: directory)
        } catch {
            guard error.errno == .noSuchFile else { throw error }
            switch setting.missing {
            case .refused: throw error
            case .ignored: return
            case .instead(let file, let value): try GroupFile.write(value, to: file, of: directory)
            }
        }
    }

    private func refusal(of setting: GroupSetting, _ error: SystemCallError) -> CgroupError {
        CgroupError(field: setting.field, error, advice: advice(setting, error.errno))
    }

    private func advice(_ setting: GroupSetting, _ errno: Errno) -> String? {
        let controller = String(setting.file.prefix { $0 != "." })
        switch errno {
        case .noSuchFile where (try? FileStatus.of(directory)) == nil: return "the container's group is gone"
        case .noSuchFile where isUnified && !isEnabled(controller):
            return "the controller \(controller) isn't enabled for this group"
        case .noSuchFile: return "this kernel has no such setting"
        case .accessDenied, .notPermitted, .readOnlyFileSystem:
            return "a limit needs a writable control group: run as root, or in a delegated one"
        case .invalid where setting.file == "cpu.rt_runtime_us":
            return "it is taken from the group above, which may have none: name a linux.cgroupsPath below one that has"
        case .busy where controller == "memory":
            let usage = try? GroupFile.words(isUnified ? "memory.current" : "memory.usage_in_bytes", of: directory)
                .first
            return usage.map { "the group already uses \($0) bytes" }
        default: return nil
        }
    }

    private func isEnabled(_ controller: String) -> Bool {
        (try? GroupFile.words("cgroup.controllers", of: directory).contains(Substring(controller))) ?? false
    }
}
