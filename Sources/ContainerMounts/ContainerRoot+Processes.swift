import FieldErrors
import SystemCalls

// A /proc beside a guest that the guest doesn't see: for who joins the container's mount namespace from outside and looks there
// for its processes, as `podman top` does.

extension MountPlan {
    /// Whether the configuration asks for a /proc that is left out for the guest, and can be had where the guest doesn't see it.
    ///
    /// In a user namespace the kernel mounts none for who sees none. In a root that is shared the mount would come to the
    /// guest's copy of the tree.
    public var hidesProcesses: Bool {
        workload == .wasm && asksForProcesses && hasOwnMountNamespace && !hasUserNamespace
            && rootPropagation?.kind != .shared
    }
}

extension ContainerRoot {
    private static let place = "/proc"

    /// Mounts a /proc that the guest doesn't see. After `protect`, in the pid namespace of the container.
    ///
    /// - Returns: the container's tree once more, mounted nowhere and without it, which is what the guest may be given; nil
    ///   where nothing was mounted: no directory of that name is there and none can be made, or the kernel doesn't allow it
    ///   in the user namespace of the runtime.
    public static func hideProcesses() throws(SystemCallError) -> OwnedDescriptor? {
        let root = try Files.open("/", flags: [.path, .directory])
        let paths = ContainerPaths(root: root.rawValue)
        // A link of the image's could lead into a volume, which is the host's.
        guard let target = try? paths.openOrMakeWithoutLinks(place),
            try MountedFile.of(target.rawValue).mount == MountedFile.of(root.rawValue).mount
        else { return nil }
        let tree = try Mounts.copyTree(in: root.rawValue, recursive: true)
        let context = try Mounts.openContext(type: "proc")
        try Mounts.configure(context.rawValue, "source", "proc")
        let processes: OwnedDescriptor
        do throws(SystemCallError) {
            processes = try Mounts.create(
                context.rawValue, attributes: [.readOnly, .noSetUserID, .noDevices, .noExecution])
        } catch {
            if error.errno == .notPermitted { return nil }
            throw error
        }
        try Mounts.move(processes.rawValue, onto: target.rawValue)
        // What was opened is what the guest gets: it mustn't be there.
        let shown = try ContainerPaths(root: tree.rawValue).openWithoutLinks(place, flags: .directory)
        guard try FilesystemType.of(shown.rawValue) != .proc else {
            throw SystemCallError("open_tree", place, .exists)
        }
        return tree
    }

    /// Takes away what `hideProcesses` has mounted, for another guest of the container, in a mount namespace of its process's
    /// own; nothing is done where there is none.
    public static func withoutProcesses() throws(SystemCallError) {
        guard try isProcesses() else { return }
        try Namespaces.unshare(.mount)
        let top = try Files.open("/", flags: [.path, .directory])
        // Nothing goes back; what the host mounts in a volume still comes.
        try Mounts.change(top.rawValue, propagation: .slave, recursive: true)
        try Mounts.detach(place)
        guard try !isProcesses() else { throw SystemCallError("umount2", place, .exists) }
    }

    private static func isProcesses() throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            let found = try Files.open(place, flags: [.path, .directory, .noFollow])
            return try FilesystemType.of(found.rawValue) == .proc
        } catch {
            if [.noSuchFile, .notDirectory, .tooManySymbolicLinks].contains(error.errno) { return false }
            throw error
        }
    }
}
