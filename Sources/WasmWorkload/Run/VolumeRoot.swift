import ContainerMounts
import FieldErrors
import HostCapabilities
import Sandbox
import SystemCalls

/// The guest's `/` with the plan's mounts in it, each at its destination: they hide what the root has there, and `/` is all
/// that the guest is given.
enum VolumeRoot {
    /// Opens it, with the privileges of this process, or in namespaces of its own, which it enters then.
    ///
    /// - Parameter layer: where what is written to a shared root goes.
    /// - Returns: nil where preopened directories have to do: this process may not mount; or they do as well, since the guest
    ///   has no root and no mount is a file or inside of another.
    static func open(
        _ plan: WorkloadPlan, _ layer: RootFilesystem.WritableLayer
    ) throws(WorkloadError) -> OpenDirectory? {
        guard isNeeded(plan) else { return nil }
        let root: MountableRoot
        switch plan.root {
        case .some(let own) where own.isShared: root = .shared(own.path, own.isReadOnly ? .none : layer)
        case .some(let own): root = .own(own.path)
        case .none: root = .empty
        }
        do {
            if let mount = try root.open(inUserNamespace: false) {
                return try tree(plan, layer, mount, hasOwnNamespace: false)
            }
            // Root without the privilege is root of something already: nobody else is in reach there.
            guard Processes.effectiveUser != 0, try OwnNamespaces.enter() else { return nil }
            guard let mount = try root.open(inUserNamespace: true) else { return nil }
            return try tree(plan, layer, mount, hasOwnNamespace: true)
        } catch let error as FieldError {
            throw WorkloadError("\(error)")
        } catch { throw WorkloadError("the root for the mounts can't be made: \(error)") }
    }

    private static func tree(
        _ plan: WorkloadPlan, _ layer: RootFilesystem.WritableLayer, _ root: consuming OwnedDescriptor,
        hasOwnNamespace: Bool
    ) throws(FieldError) -> OpenDirectory {
        var tree = VolumeTree(root: root, hasOwnNamespace: hasOwnNamespace)
        try tree.mount(plan.mounts)
        let isReadOnly = plan.root?.isReadOnly ?? true || plan.root?.isShared == true && layer == .none
        let directory = try tree.finish(readOnly: isReadOnly)
        // The kernel keeps each mount as it is; where all are read-only the host calls say so, too.
        let access: OpenDirectory.Access =
            isReadOnly && plan.mounts.allSatisfy(\.isReadOnly) ? .readOnly : .readWrite
        return OpenDirectory(adopting: directory, access: access, confinement: .root)
    }

    private static func isNeeded(_ plan: WorkloadPlan) -> Bool {
        if plan.root != nil { return true }
        // The directory that is `/` then is all of the root.
        if plan.mounts.contains(where: { $0.destination == "/" }) { return false }
        return plan.mounts.contains { mount in
            plan.mounts.contains { mount.destination.hasPrefix($0.destination + "/") } || isFile(mount.source)
        }
    }

    private static func isFile(_ path: String) -> Bool {
        (try? FileStatus.of(path, followLinks: true).kind) == .regular
    }
}
