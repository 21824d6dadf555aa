import OCISpec
import SystemCalls

/// The namespaces of a container: which are made for it, and which it joins.
struct NamespacePlan: Sendable {
    /// A namespace that exists.
    struct Joined: Sendable {
        var kind: LinuxNamespace.Kind
        var path: String
        /// Where `config.json` asks for it.
        var field: String
    }

    var new: NamespaceKinds = []
    var joined: [Joined] = []
    var timeOffsets: [LinuxTimeOffset] = []

    /// None of its own.
    init() {}

    var hasUser: Bool { new.contains(.user) || joined.contains { $0.kind == .user } }

    /// Whether whoever joins the namespaces later has no rights but those of the user namespace's owner.
    var ownerJoins: Bool { hasUser && isUnprivileged }

    /// The process that makes the plan.
    private let isUnprivileged = Processes.effectiveUser != 0

    init(_ linux: LinuxConfiguration) {
        timeOffsets = linux.timeOffsets
        for (index, namespace) in linux.namespaces.enumerated() {
            if let path = namespace.path {
                joined.append(
                    Joined(kind: namespace.kind, path: path, field: "linux.namespaces[\(index)].path"))
            } else {
                new.insert(namespace.kind.kinds)
            }
        }
    }

    /// Whether the container's root is the root of its mount namespace; otherwise its processes have it by chroot(2).
    var rootIsOfNamespace: Bool { new.contains(.mount) }

    /// Those that a process of the container is in.
    var all: NamespaceKinds { joined.reduce(new) { $0.union($1.kind.kinds) } }

    /// Whether the container has another namespace of the kind than this process.
    static func leaves(_ kind: LinuxNamespace.Kind, _ linux: LinuxConfiguration) -> Bool {
        guard let namespace = linux.namespace(kind) else { return false }
        guard let path = namespace.path else { return true }
        return !OpenedNamespaces.isOurs(path: path, kind)
    }

    /// A process of its own is needed between the runtime, which stays where it is, and the container's first one.
    var needsStep: Bool { !joined.isEmpty || !timeOffsets.isEmpty }
}

extension LinuxNamespace.Kind {
    /// In `/proc/PID/ns`.
    var fileName: String {
        switch self {
        case .network: "net"
        case .mount: "mnt"
        case .pid, .ipc, .uts, .user, .cgroup, .time: rawValue
        }
    }

    var kinds: NamespaceKinds {
        switch self {
        case .pid: .pid
        case .network: .network
        case .mount: .mount
        case .ipc: .ipc
        case .uts: .uts
        case .user: .user
        case .cgroup: .cgroup
        case .time: .time
        }
    }
}

/// The files of the namespaces that a container joins, opened and looked at in the runtime.
final class OpenedNamespaces {
    struct File: Sendable {
        /// A file of a namespace, or a pidfd.
        var descriptor: Int32
        var kinds: NamespaceKinds
        var field: String

        /// The same for these kinds alone; nil when it is of none of them.
        func of(_ wanted: NamespaceKinds) -> File? {
            let kinds = kinds.intersection(wanted)
            return kinds.isEmpty ? nil : File(descriptor: descriptor, kinds: kinds, field: field)
        }
    }

    private(set) var files: [File] = []
    private var owned = OwnedDescriptors()

    init() {}

    /// Errors: a path that can't be opened, or isn't a namespace of its kind, by its field.
    init(_ plan: NamespacePlan) throws(RuntimeFailure) {
        for namespace in plan.joined {
            let file: OwnedDescriptor
            do throws(SystemCallError) {
                file = try Files.open(namespace.path, flags: [.readOnly, .nonBlocking, .noControllingTerminal])
            } catch { throw RuntimeFailure(.refused, "\(namespace.field): \(error)") }
            guard Namespaces.kind(of: file.rawValue) == namespace.kind.kinds else {
                throw RuntimeFailure(
                    .refused,
                    "\(namespace.field): \"\(namespace.path)\" isn't a namespace of type \(namespace.kind.rawValue)")
            }
            // Nobody may join the user namespace that he is in.
            if namespace.kind == .user, Self.isOurs(path: namespace.path, .user) { continue }
            files.append(File(descriptor: owned.add(file), kinds: namespace.kind.kinds, field: namespace.field))
        }
    }

    /// All of a process's namespaces of these kinds.
    init(of process: consuming OwnedDescriptor, _ kinds: NamespaceKinds) {
        files = [File(descriptor: owned.add(process), kinds: kinds, field: "the container's namespaces")]
    }

    static func isOurs(path: String, _ kind: LinuxNamespace.Kind) -> Bool {
        guard let ours = try? FileStatus.of("/proc/self/ns/\(kind.fileName)", followLinks: true),
            let other = try? FileStatus.of(path, followLinks: true)
        else { return false }
        return ours.inode == other.inode && ours.device == other.device
    }

    /// Joins all of them. What the privileges of the runtime reach is joined with these; the rest with those that the user
    /// namespace gives. The mount namespace comes last: it changes what paths mean.
    ///
    /// - Parameter later: what the process that is made afterwards joins by itself, with `join(only:)`.
    func join(except later: NamespaceKinds = []) throws(RuntimeFailure) {
        let files = files.compactMap { $0.of($0.kinds.subtracting(later)) }
        let users = files.filter { $0.kinds == .user }
        let mounts = files.filter { $0.kinds == .mount }
        let others = files.filter { $0.kinds != .user && $0.kinds != .mount }
        var left: [File] = []
        for file in others {
            do throws(SystemCallError) { try Namespaces.join(file.descriptor, file.kinds) } catch {
                guard error.errno == .notPermitted, !users.isEmpty else { throw Self.refused(file, error) }
                left.append(file)
            }
        }
        for file in users + left + mounts {
            do throws(SystemCallError) { try Namespaces.join(file.descriptor, file.kinds) } catch {
                throw Self.refused(file, error)
            }
        }
    }

    func join(only kinds: NamespaceKinds) throws(RuntimeFailure) {
        for file in files.compactMap({ $0.of(kinds) }) {
            do throws(SystemCallError) { try Namespaces.join(file.descriptor, file.kinds) } catch {
                throw Self.refused(file, error)
            }
        }
    }

    private static func refused(_ file: File, _ error: SystemCallError) -> RuntimeFailure {
        RuntimeFailure(.refused, "\(file.field): \(error)")
    }
}
