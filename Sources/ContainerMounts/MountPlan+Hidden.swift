import FieldErrors
import SystemCalls

extension MountPlan {
    /// What a native workload's plan has and a guest's leaves out (`WasmView`), for a native program beside the guest; nil when
    /// that is nothing.
    ///
    /// Control groups stay out: they can't be had inside of the container's mount namespace.
    public var hiddenFromGuests: MountPlan? {
        guard workload == .native, hasOwnMountNamespace else { return nil }
        var hidden = self
        hidden.mounts = mounts.filter { $0.action != .cgroup && !WasmView.shows($0) }
        guard !hidden.mounts.isEmpty else { return nil }
        hidden.maskedPaths = maskedPaths.filter(WasmView.isKernelPath)
        hidden.readonlyPaths = readonlyPaths.filter(WasmView.isKernelPath)
        // Into the image's own /dev nothing is made, which the guest would see.
        hidden.fillsDeviceDirectory = fillsDeviceDirectory && hidden.mounts.contains { $0.destination == "/dev" }
        if !hidden.fillsDeviceDirectory { hidden.devices = [] }
        return hidden
    }
}

extension ContainerRoot {
    /// Makes what is hidden from a guest, for a process that has the container's root already.
    ///
    /// The process gets a mount namespace of its own first, from which nothing comes back: the guest, whose root is the same
    /// directory, sees nothing of it. Needs CAP_SYS_ADMIN in the user namespace of the container's.
    ///
    /// - Parameters:
    ///   - plan: `hiddenFromGuests`.
    ///   - sources: of its binds, opened before the container's namespaces were joined.
    public static func addHidden(_ plan: MountPlan, sources: borrowing MountSources) throws(FieldError) {
        let top = try asking("root.path") { () throws(SystemCallError) -> OwnedDescriptor in
            try Namespaces.unshare(.mount)
            let top = try Files.open("/", flags: [.path, .directory])
            try Mounts.change(top.rawValue, propagation: .private, recursive: true)
            // Read-only again by `protect`: directories to mount on may be missing, since a guest needs none.
            if plan.rootIsReadOnly { try Mounts.change(top.rawValue, clear: .readOnly) }
            return top
        }
        let mask = Confinement.setFileModeMask(0)
        defer { Confinement.setFileModeMask(mask) }
        var root = ContainerRoot(plan: plan, root: top)
        try root.mountAll(sources: sources)
        try root.makeDevices(sources: sources)
        for change in root.late {
            try asking(change.field) { () throws(SystemCallError) in try Mounts.change(change.mount, set: .readOnly) }
        }
        try protect(plan)
    }
}
