import SystemCalls

/// Where a container's groups stand in every tree: `linux.cgroupsPath` (config-linux.md, Cgroups Path).
struct CgroupPath: Equatable, Sendable {
    static let field = "linux.cgroupsPath"
    /// Above the groups of containers whose configuration names no place.
    static let parentName = "martlet"
    static let lengthLimit = 4095
    static let componentLimit = 255
    static let depthLimit = 64

    /// Without slashes at its ends; never empty.
    let text: String
    /// Whether it begins at each tree's root; otherwise at the runtime's own group (version 1) or at the group above it
    /// (version 2, where a group with processes can't hand controllers down).
    let isAbsolute: Bool
    /// Whether the configuration left the place to us.
    let isDefault: Bool

    /// - Parameter path: nil or empty puts the groups below `/martlet`.
    init(_ path: String?, id: String) throws(CgroupError) {
        isDefault = path?.isEmpty ?? true
        let path = isDefault ? "/\(Self.parentName)/\(id)" : path ?? ""
        isAbsolute = path.isAbsolutePath
        guard path.utf8.count <= Self.lengthLimit else {
            throw CgroupError(field: Self.field, "longer than \(Self.lengthLimit) bytes")
        }
        let components = path.pathParts.filter { $0 != "." }
        guard !components.isEmpty else {
            throw CgroupError(field: Self.field, "\"\(path)\" is the root of the tree, which holds every process")
        }
        guard components.count <= Self.depthLimit else {
            throw CgroupError(field: Self.field, "deeper than \(Self.depthLimit) groups")
        }
        for component in components {
            guard component != ".." else {
                throw CgroupError(field: Self.field, "\"\(path)\" climbs with \"..\"; write where it leads")
            }
            guard component.utf8.count <= Self.componentLimit, !component.utf8.contains(where: { $0 < 0x20 }) else {
                throw CgroupError(field: Self.field, "a name in it is too long or has control characters")
            }
        }
        text = components.joined(separator: "/")
    }

    /// The directory in one tree.
    func directory(
        in tree: CgroupHierarchy.Tree, own: CgroupMembership?
    ) throws(CgroupError) -> String {
        if isAbsolute { return "\(tree.mountPoint)/\(text)" }
        guard let own = own?.directory(in: tree) else {
            throw CgroupError(
                field: Self.field,
                "\(tree.mountPoint) doesn't show our own group, to which \"\(text)\" is relative; begin it with a slash"
            )
        }
        return "\(Self.parent(beside: own, in: tree))/\(text)"
    }

    /// Where an unprivileged user may make groups: beside our own group with version 2, below it with version 1.
    func delegatedDirectory(in tree: CgroupHierarchy.Tree, own: CgroupMembership) -> String? {
        guard let own = own.directory(in: tree) else { return nil }
        return "\(Self.parent(beside: own, in: tree))/\(text)"
    }

    private static func parent(beside own: String, in tree: CgroupHierarchy.Tree) -> String {
        guard tree.isUnified, own != tree.mountPoint, let slash = own.lastIndex(of: "/") else { return own }
        return String(own[..<slash])
    }
}
