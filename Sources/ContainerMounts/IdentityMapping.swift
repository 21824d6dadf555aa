import FieldErrors
import OCISpec
import SystemCalls

/// How the ids of an idmapped mount's files are mapped.
struct IdentityMapping: Equatable {
    enum Ranges: Equatable {
        /// A user namespace that exists.
        case namespace(path: String)
        case made(users: [IDMapping], groups: [IDMapping])
    }

    var ranges: Ranges

    /// Opens the user namespace that has these mappings. One is made for it when it has to be, and ends with the last mount.
    func namespace(field: String) throws(FieldError) -> OwnedDescriptor {
        switch ranges {
        case .namespace(let path):
            return try asking("linux.namespaces") { () throws(SystemCallError) in
                try Files.open(path, flags: .readOnly)
            }
        case .made(let users, let groups):
            return try asking("\(field).uidMappings") { () throws(SystemCallError) in
                try UserNamespace.make(users: Self.table(users), groups: Self.table(groups))
            }
        }
    }

    /// As /proc/…/uid_map takes it: inside, outside, count.
    static func table(_ ranges: [IDMapping]) -> String {
        ranges.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }
}

extension MountPlan {
    /// What a bind's options and mappings ask for; nil when its ids stay as they are.
    func identityMapping(of mount: borrowing PlannedMount) throws(FieldError) -> IdentityMapping? {
        if case .described(let text, _) = mount.options.mapping {
            let ranges = try DescribedMapping(
                text, field: "\(mount.field).options", users: uidMappings, groups: gidMappings)
            return IdentityMapping(
                ranges: .made(users: ranges.users, groups: ranges.groups))
        }
        if !mount.uidMappings.isEmpty {
            return IdentityMapping(
                ranges: .made(users: mount.uidMappings, groups: mount.gidMappings))
        }
        guard mount.options.mapping != nil else { return nil }
        if !uidMappings.isEmpty {
            return IdentityMapping(ranges: .made(users: uidMappings, groups: gidMappings))
        }
        guard let joinedUserNamespace else {
            throw FieldError(
                "\(mount.field).uidMappings",
                "are missing, and the container has no user namespace whose could be taken")
        }
        return IdentityMapping(ranges: .namespace(path: joinedUserNamespace))
    }
}
