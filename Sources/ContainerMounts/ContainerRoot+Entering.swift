import FieldErrors
import SystemCalls

/// How a process takes a container's root for its own.
public enum RootEntry: Sendable, Equatable {
    /// pivot_root(2): the host's tree is gone from the namespace.
    case pivot
    /// `--no-pivot`, for a host whose root is the initial ramdisk's: the root is moved over `/`.
    case move
    /// chroot(2) alone: what is done in a mount namespace that others use too, whatever was asked for.
    case chroot
}

extension ContainerRoot {
    /// Makes this the process's root and leaves the host's tree. The working directory is `/`, the creation mask 0022.
    public consuming func enter(_ entry: RootEntry) throws(FieldError) {
        for change in late {
            try asking(change.field) { () throws(SystemCallError) in
                try Mounts.change(change.mount, set: .readOnly)
            }
        }
        switch plan.hasOwnMountNamespace ? entry : .chroot {
        case .pivot: try asking("root.path") { () throws(SystemCallError) in try pivot() }
        case .move: try asking("root.path") { () throws(SystemCallError) in try move() }
        case .chroot: try asking("root.path") { () throws(SystemCallError) in try change() }
        }
        if !plan.hasOwnMountNamespace {
            // A tree that is mounted nowhere can be changed only while it is open: until the process runs its program.
            _ = try asking("root.path") { () throws(SystemCallError) in try root.duplicate().release() }
        }
        if let propagation = plan.rootPropagation, propagation.kind == .shared || propagation.kind == .unbindable {
            try asking("linux.rootfsPropagation") { () throws(SystemCallError) in
                try Mounts.change(
                    root.rawValue, propagation: propagation.kind, recursive: propagation.isRecursive)
            }
        }
        Confinement.setFileModeMask(0o022)
    }

    private borrowing func pivot() throws(SystemCallError) {
        let old = try Files.open("/", flags: [.path, .directory])
        try Confinement.changeDirectory(to: root.rawValue)
        try Mounts.pivotIntoWorkingDirectory()
        // The old root lies over the new one now. What is unmounted from it must not be unmounted on the host too.
        try Confinement.changeDirectory(to: old.rawValue)
        try Mounts.change(old.rawValue, propagation: .slave, recursive: true)
        try Mounts.detachWorkingDirectory()
        try Confinement.changeDirectory(to: "/")
    }

    private borrowing func move() throws(SystemCallError) {
        try coverKernelFileSystems()
        let top = try Files.open("/", flags: [.path, .directory])
        try Mounts.move(root.rawValue, onto: top.rawValue)
        try change()
    }

    private borrowing func change() throws(SystemCallError) {
        try Confinement.changeDirectory(to: root.rawValue)
        try Confinement.makeWorkingDirectoryTheRoot()
        try Confinement.changeDirectory(to: "/")
    }

    /// The host's proc and sysfs stay reachable in the namespace, and with a whole one there the kernel lets the container mount
    /// one without the masks: they are unmounted, or covered where that isn't allowed.
    private borrowing func coverKernelFileSystems() throws(SystemCallError) {
        let table = String(decoding: try Files.contents(of: "/proc/self/mountinfo", limit: 4 << 20), as: UTF8.self)
        let inside = try Files.target(ofLink: "/proc/self/fd/\(root.rawValue)") + "/"
        let points = KernelFileSystems.points(mountTable: table, outside: inside)
        // Opened before the first is unmounted: one of them is the /proc that paths lead through.
        for point in points {
            guard let directory = try? Files.open(point, flags: [.path, .directory]) else { continue }
            try? Mounts.change(directory.rawValue, propagation: .slave, recursive: true)
            do throws(SystemCallError) {
                try Mounts.detach(point)
            } catch {
                guard error.errno == .invalid || error.errno == .notPermitted else { throw error }
                let context = try Mounts.openContext(type: "tmpfs")
                let cover = try Mounts.create(context.rawValue, attributes: [.readOnly])
                try Mounts.move(cover.rawValue, onto: directory.rawValue)
            }
        }
    }
}

/// Where whole proc and sysfs file systems are mounted.
enum KernelFileSystems {
    /// Pure, from the text of mountinfo; later mounts first. Those below `outside` are left out.
    static func points(mountTable: String, outside: String) -> [String] {
        var points: [String] = []
        for line in mountTable.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let separator = fields.dropFirst(6).firstIndex(of: "-"), separator + 1 < fields.count else {
                continue
            }
            let type = fields[separator + 1]
            guard fields[3] == "/", type == "proc" || type == "sysfs" else { continue }
            let point = MountTable.unescaped(fields[4])
            if !point.hasPrefix(outside) { points.append(point) }
        }
        return points.reversed()
    }
}
