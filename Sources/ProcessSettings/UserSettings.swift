import FieldErrors
import OCISpec
import SystemCalls

/// `process.user`: whom the process becomes.
struct UserSettings: Equatable, Sendable {
    let user: UInt32
    let group: UInt32
    let supplementary: [UInt32]
    let fileModeMask: UInt32
    let keepsOriginalGroups: Bool

    /// The mask of a process that has none asked for: runc's and crun's, whatever the runtime's own is.
    static let defaultMask: UInt32 = 0o022

    init(_ user: RuntimeProcess.User, keepsOriginalGroups: Bool) throws(FieldError) {
        for (number, key) in [(user.uid, "uid"), (user.gid, "gid")] where number == .max {
            throw FieldError("process.user.\(key)", "\(number) is no id")
        }
        for (index, group) in user.additionalGroups.enumerated() where group == .max {
            throw FieldError("process.user.additionalGids[\(index)]", "\(group) is no id")
        }
        guard user.additionalGroups.count <= RuntimeProcess.groupLimit else {
            throw FieldError(
                "process.user.additionalGids",
                "has \(user.additionalGroups.count), at most \(RuntimeProcess.groupLimit)")
        }
        self.user = user.uid
        group = user.gid
        supplementary = user.additionalGroups
        fileModeMask = user.umask ?? Self.defaultMask
        self.keepsOriginalGroups = keepsOriginalGroups
    }

    /// Groups, then group, then user: the only order that works.
    ///
    /// - Returns: whether the groups couldn't be set because the user namespace forbids it, which is no error: runc and crun
    ///   leave them too, and nobody can ask the kernel for it there.
    func become(_ files: () -> String?) throws(FieldError) -> Bool {
        var groupsRefused = false
        if !keepsOriginalGroups {
            do throws(SystemCallError) { try ProcessAttributes.setGroups(supplementary) } catch {
                guard error.errno == .notPermitted, files() == "deny" else {
                    throw FieldError("process.user.additionalGids", unmapped(error, "a group"), cause: error)
                }
                groupsRefused = true
            }
        }
        do throws(SystemCallError) { try ProcessAttributes.setGroup(group) } catch {
            throw FieldError("process.user.gid", unmapped(error, "group \(group)"), cause: error)
        }
        do throws(SystemCallError) { try ProcessAttributes.setUser(user) } catch {
            throw FieldError("process.user.uid", unmapped(error, "user \(user)"), cause: error)
        }
        return groupsRefused
    }

    private func unmapped(_ error: SystemCallError, _ what: String) -> String {
        error.errno == .invalid ? "\(what) isn't mapped in the user namespace" : ""
    }

    /// Gives 0, 1 and 2 to the user, so that it can open its terminal again by name (`/dev/stdout`).
    ///
    /// /dev/null stays whose it is, and so does what the kernel doesn't let us give: as runc has it.
    func ownStreams() {
        for stream in Int32(0)...2 {
            guard let status = try? FileStatus.of(stream), status.owner != user, !Self.isNull(status) else { continue }
            // A terminal's group is that of whoever may write to it.
            let isDevice = status.kind == .characterDevice
            try? OwnershipCalls.setOwner(of: stream, user: user, group: isDevice ? .max : group)
        }
    }

    private static func isNull(_ status: FileStatus) -> Bool {
        guard status.kind == .characterDevice else { return false }
        let (major, minor) = OwnershipCalls.deviceNumbers(status)
        return major == 1 && minor == 3
    }
}
