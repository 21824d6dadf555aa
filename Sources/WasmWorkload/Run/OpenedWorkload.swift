import ContainerMounts
import HostCapabilities
import Sandbox
import SystemCalls
import WASIPreview1

/// Everything that a plan names, opened while the host is still in reach: the root with its mounts as a preopened directory
/// (or each as one of its own, where nothing can be mounted), the granted ports as listening sockets.
public struct OpenedWorkload: Sendable {
    public let plan: WorkloadPlan
    let preopens: [Preopen]
    /// Listening sockets, one for each granted port in the plan's order.
    let listeners: [Int32]
    private(set) var user: UserIdentity?
    /// What the person should know about the difference between the plan and what can be had.
    public let note: String?

    /// - Parameter layer: where what is written to a shared root goes.
    public init(opening plan: WorkloadPlan, layer: RootFilesystem.WritableLayer) throws(WorkloadError) {
        if !plan.mounts.isEmpty, let tree = try VolumeRoot.open(plan, layer) {
            preopens = [Preopen(guestPath: "/", directory: tree)]
        } else {
            preopens = try Self.preopens(plan, layer)
        }
        self.plan = plan
        let root = preopens.first.flatMap { $0.guestPath == "/" ? $0.directory.descriptor.rawValue : nil }
        user = try Self.user(plan, plan.root == nil ? nil : root)
        note = Self.note(on: user)
        let privileged = Processes.effectiveUser == 0
        if !privileged { user = nil }
        listeners = try Self.listeners(plan.ports)
    }

    /// A container's workload, opened by its first process, whose root is the container's and whose namespaces are its own.
    ///
    /// The plan's mounts are part of the tree by then, and the process becomes its user by other means.
    ///
    /// - Parameter root: open for reading.
    public init(inContainer plan: WorkloadPlan, root: consuming OwnedDescriptor) throws(WorkloadError) {
        self.plan = plan
        // What is read-only is mounted so, and more exactly than one word could say: a volume of it may be written.
        preopens = [Preopen(guestPath: "/", directory: OpenDirectory(adopting: root, confinement: .root))]
        user = nil
        note = nil
        listeners = try Self.listeners(plan.ports)
    }

    /// A directory for the root, and one for each mount.
    private static func preopens(
        _ plan: WorkloadPlan, _ layer: RootFilesystem.WritableLayer
    ) throws(WorkloadError) -> [Preopen] {
        var preopens: [Preopen] = []
        if let root = plan.root {
            let directory = try open(root, layer)
            makeMountPoints(plan.mounts, in: directory)
            preopens.append(Preopen(guestPath: "/", directory: directory))
        }
        for mount in plan.mounts { preopens.append(try open(mount)) }
        return preopens
    }

    private static func listeners(_ ports: [PortMapping]) throws(WorkloadError) -> [Int32] {
        var listeners: [Int32] = []
        for port in ports {
            do throws(SystemCallError) {
                listeners.append(try Listener.open(port).release())
            } catch { throw WorkloadError("port \(port): \(error)") }
        }
        return listeners
    }

    private static func user(_ plan: WorkloadPlan, _ root: Int32?) throws(WorkloadError) -> UserIdentity? {
        do throws(UserError) {
            return try plan.user.map { text throws(UserError) in try UserIdentity.resolve(text, inRoot: root) }
        } catch { throw WorkloadError("user: \(error)") }
    }

    /// Only root can become somebody else. A guest has no use for a user beyond the files that it reaches, so that it runs as
    /// the caller then, as in a rootless container.
    private static func note(on user: UserIdentity?) -> String? {
        guard let user, Processes.effectiveUser != 0, user.user != Processes.effectiveUser else { return nil }
        return "the user \(user) needs root; it runs as you (\(Processes.effectiveUser))"
    }

    private static func open(
        _ root: WorkloadPlan.Root, _ layer: RootFilesystem.WritableLayer
    ) throws(WorkloadError) -> OpenDirectory {
        do {
            let descriptor =
                root.isShared
                ? try RootFilesystem.open(shared: root.path, writable: root.isReadOnly ? .none : layer).take()
                : try RootFilesystem.open(own: root.path, isReadOnly: root.isReadOnly).take()
            return OpenDirectory(
                adopting: descriptor, access: root.isReadOnly ? .readOnly : .readWrite, confinement: .root)
        } catch { throw WorkloadError("the root \(root.path) can't be used: \(error)") }
    }

    private static func open(_ mount: Volume) throws(WorkloadError) -> Preopen {
        do throws(SystemCallError) {
            let directory = try Files.open(mount.source, flags: [.readOnly, .directory])
            return Preopen(
                guestPath: mount.destination,
                directory: OpenDirectory(adopting: directory, access: mount.isReadOnly ? .readOnly : .readWrite))
        } catch {
            let advice =
                switch error.errno {
                case .notDirectory:
                    "; a file can't be shown without root or a user namespace that may mount: mount the directory that holds it"
                case .noSuchFile: "; create it first"
                default: ""
                }
            throw WorkloadError("mount on \(mount.destination): \(error)\(advice)")
        }
    }

    /// Makes a directory; one that is there is fine.
    private static func make(_ path: String, in root: OpenDirectory) throws(Errno) {
        do throws(Errno) {
            try Array(path.utf8).withUnsafeBufferPointer { (bytes) throws(Errno) in
                try SandboxPath.with(UnsafeRawBufferPointer(bytes)) { (path) throws(Errno) in
                    try root.makeDirectory(path)
                }
            }
        } catch { if error != .exists { throw error } }
    }

    /// Makes the mounts' destinations appear in a listing of the root, where the root can be written.
    private static func makeMountPoints(_ mounts: [Volume], in root: OpenDirectory) {
        guard root.access == .readWrite else { return }
        for mount in mounts {
            var path = ""
            for part in mount.destination.pathParts {
                path += path.isEmpty ? part : "/\(part)"
                // What stands there, or a root that can't be written, is left alone: the mount is a preopen of its own.
                guard (try? make(path, in: root)) != nil else { break }
            }
        }
    }
}
