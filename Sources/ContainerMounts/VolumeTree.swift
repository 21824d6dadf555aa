import FieldErrors
import SystemCalls

/// Mounts volumes into the root of a workload that has no container around it.
///
/// The tree is mounted nowhere: no path leads to it, no mount namespace has to be made for it (where the kernel is 6.15 or
/// newer), and it ends with the last descriptor. Every destination is walked from the root's descriptor and can't leave it.
public struct VolumeTree: ~Copyable {
    private let root: OwnedDescriptor
    private var hasOwnNamespace: Bool
    private var isMounted = false

    /// - Parameters:
    ///   - root: a mount of its own that is mounted nowhere, private, and can be written for mount points.
    ///   - hasOwnNamespace: whether this process has a mount namespace of its own already.
    public init(root: consuming OwnedDescriptor, hasOwnNamespace: Bool) {
        self.root = root
        self.hasOwnNamespace = hasOwnNamespace
    }

    /// Mounts volumes in this order: what is mounted inside of another comes after it.
    ///
    /// With what is mounted below the sources; device nodes and set-id bits are dead, read-only holds for all of it. A missing
    /// mount point is made.
    ///
    /// Errors: by the volume's destination; a source that is missing, or neither a file nor a directory; a destination that is
    /// the other of the two.
    public mutating func mount(_ volumes: [Volume]) throws(FieldError) {
        let paths = ContainerPaths(root: root.rawValue)
        for volume in volumes {
            let field = "mount on \(printable(volume.destination))"
            let source = try VolumeSource.of(volume, field: field)
            let target = try Self.target(of: volume, source.isDirectory, paths, field: field)
            do throws(SystemCallError) {
                try move(source.mount.rawValue, onto: target.rawValue)
            } catch { throw FieldError(field, "", cause: error) }
        }
    }

    /// Closes the tree to further mount points.
    ///
    /// - Parameter readOnly: whether the root itself is; the volumes are what they are.
    /// - Returns: the root, open for listing.
    public consuming func finish(readOnly: Bool) throws(FieldError) -> OwnedDescriptor {
        let root = root.rawValue
        return try asking("the root") { () throws(SystemCallError) in
            if readOnly { try Mounts.change(root, set: .readOnly) }
            return try Files.open(".", in: root, flags: [.readOnly, .directory])
        }
    }

    /// Before Linux 6.15 nothing can be mounted in a tree that is mounted nowhere: `EINVAL`.
    private mutating func move(_ mount: Int32, onto target: Int32) throws(SystemCallError) {
        do throws(SystemCallError) { return try Mounts.move(mount, onto: target) } catch {
            guard error.errno == .invalid, !isMounted else { throw error }
        }
        try mountRoot()
        try Mounts.move(mount, onto: target)
    }

    /// Mounts the root in a namespace of this process's own, on top of everything: no path of the process leads there, since
    /// they all begin at the root below. Done by itself where the kernel needs it.
    public mutating func mountRoot() throws(SystemCallError) {
        let isNew = !hasOwnNamespace
        if isNew { try Namespaces.unshare(.mount) }
        hasOwnNamespace = true
        let top = try Files.open("/", flags: [.path, .directory])
        // What the host unmounts later has to go here too. (In a user namespace the kernel made it so.)
        if isNew { try Mounts.change(top.rawValue, propagation: .slave, recursive: true) }
        try Mounts.move(root.rawValue, onto: top.rawValue)
        isMounted = true
    }

    private static func target(
        of volume: Volume, _ isDirectory: Bool, _ paths: ContainerPaths, field: String
    ) throws(FieldError) -> OwnedDescriptor {
        let target = try open(volume.destination, isDirectory ? .directory : .file, paths, field: field)
        let found = try asking(field) { () throws(SystemCallError) in try FileStatus.of(target.rawValue).kind }
        guard (found == .directory) == isDirectory else {
            let clash =
                isDirectory ? "a directory, and the root has none there" : "a file, and the root has a directory there"
            throw FieldError(field, "\(printable(volume.source)) is \(clash); choose another destination")
        }
        return target
    }

    private static func open(
        _ path: String, _ kind: ContainerPaths.Target, _ paths: ContainerPaths, field: String
    ) throws(FieldError) -> OwnedDescriptor {
        do throws(SystemCallError) { return try paths.openOrMake(path, kind) } catch {
            let isClosed = error.errno == .readOnlyFileSystem
            throw FieldError(
                field, isClosed ? "the mount around it is read-only; make it there first" : "", cause: error)
        }
    }
}

/// A volume's source as a mount of its own.
private struct VolumeSource: ~Copyable {
    let mount: OwnedDescriptor
    let isDirectory: Bool

    static func of(_ volume: Volume, field: String) throws(FieldError) -> VolumeSource {
        let mount = try open(volume, field: field)
        // Looked at by the descriptor, which opens no device and waits for no pipe.
        let kind = try asking(field) { () throws(SystemCallError) in try FileStatus.of(mount.rawValue).kind }
        switch kind {
        case .directory: return VolumeSource(mount: mount, isDirectory: true)
        case .regular: return VolumeSource(mount: mount, isDirectory: false)
        default:
            let source = printable(volume.source)
            throw FieldError(field, "\(source) is neither a file nor a directory; nothing else can be shown")
        }
    }

    private static func open(_ volume: Volume, field: String) throws(FieldError) -> OwnedDescriptor {
        do throws(SystemCallError) { return try copy(volume) } catch {
            throw FieldError(field, error.errno == .noSuchFile ? "create it first" : "", cause: error)
        }
    }

    private static func copy(_ volume: Volume) throws(SystemCallError) -> OwnedDescriptor {
        let tree = try Mounts.copyTree(volume.source, recursive: true)
        var attributes: Mounts.Attributes = [.noDevices, .noSetUserID]
        if volume.isReadOnly { attributes.insert(.readOnly) }
        // Cut off from the host's mounts: what is mounted inside of it must not show there.
        try Mounts.change(tree.rawValue, set: attributes, propagation: .private, recursive: true)
        return tree
    }
}
