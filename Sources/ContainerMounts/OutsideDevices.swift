import FieldErrors
import OCISpec
import SystemCalls

/// Devices of the configuration for a container with a user namespace of its own, in which nobody makes nodes: they are made
/// outside, in a file system that is mounted nowhere, so that they have the mode and the owner that were asked for and the
/// host needs none by their names. crun does this too.
enum OutsideDevices {
    /// A tree for each node, by its place in `linux.devices`; the others are the host's, as they are.
    ///
    /// Nothing without the right to make nodes, and before Linux 6.15, which copies no part of what is mounted nowhere.
    static func trees(for plan: borrowing MountPlan) throws(FieldError) -> [Int: Int32] {
        guard plan.hasUserNamespace, plan.joinedUserNamespace == nil, plan.fillsDeviceDirectory,
            !plan.devices.isEmpty
        else { return [:] }
        var trees: [Int: Int32] = [:]
        let mask = Confinement.setFileModeMask(0)
        defer { Confinement.setFileModeMask(mask) }
        do throws(SystemCallError) {
            let folder = try folder(label: plan.label)
            for (index, device) in plan.devices.enumerated() {
                trees[index] = try tree(device, "\(index)", in: folder.rawValue, plan)?.release()
            }
        } catch {
            for tree in trees.values { _ = OwnedDescriptor(adopting: tree) }
            guard error.errno == .notPermitted || error.errno == .invalid else {
                throw FieldError("linux.devices", "", cause: error)
            }
            return [:]
        }
        return trees
    }

    private static func folder(label: String?) throws(SystemCallError) -> OwnedDescriptor {
        let context = try Mounts.openContext(type: "tmpfs")
        if let label { try Mounts.configure(context.rawValue, "context", label) }
        return try Mounts.create(context.rawValue, attributes: [.noSetUserID, .noExecution])
    }

    /// Nil for what the container makes by itself, and for an owner whom its user namespace hasn't got.
    private static func tree(
        _ device: PlannedDevice, _ name: String, in folder: Int32, _ plan: borrowing MountPlan
    ) throws(SystemCallError) -> OwnedDescriptor? {
        guard device.kind != .pipe, let user = IDMapping.host(device.user, plan.uidMappings),
            let group = IDMapping.host(device.group, plan.gidMappings)
        else { return nil }
        try DeviceNodes.make(device.kind, name, in: folder, permissions: device.permissions)
        let node = try Files.open(name, in: folder, flags: [.path, .noFollow])
        try DeviceNodes.setOwner(of: node.rawValue, user: user, group: group)
        return try Mounts.copyTree(in: node.rawValue, recursive: false)
    }
}
