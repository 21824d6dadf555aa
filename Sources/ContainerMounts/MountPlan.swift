import FieldErrors
import OCISpec
import SystemCalls

/// Everything that a `config.json` says about the mount namespace, made out before anything is done.
///
/// Pure: what can be refused without looking at the machine is refused here, by the field's name.
public struct MountPlan: Sendable {
    /// What will run in the container.
    public enum Workload: Sendable, Equatable {
        case native
        /// A guest sees no kernel interfaces: of /dev, /proc and /sys there is nothing in its tree.
        case wasm
    }

    public var workload: Workload
    /// Absolute.
    public var root: String
    public var rootIsReadOnly: Bool
    /// nil: what the container's tree is made from receives the host's mounts, and gives none back.
    public var rootPropagation: MountOptions.PropagationChange?
    public var mounts: [PlannedMount]
    /// Beside the default ones; empty when /dev is a bind, which is left as it is.
    public var devices: [PlannedDevice]
    /// Default devices, links and ptmx: not for a guest, and not in a /dev that is a bind.
    public var fillsDeviceDirectory: Bool
    /// `process.cwd`; nil without a process.
    public var workingDirectory: String?
    public var maskedPaths: [String]
    public var readonlyPaths: [String]
    /// Whether a file system of type proc is to be at /proc, also when it is left out for a guest.
    public var asksForProcesses = false
    /// For security modules, as in the mount option `context`.
    public var label: String?
    /// Otherwise others use it too, the host's processes perhaps: the container's tree is mounted nowhere then.
    public var hasOwnMountNamespace: Bool
    public var hasUserNamespace: Bool
    public var hasNetworkNamespace: Bool
    public var hasCgroupNamespace: Bool
    /// The container's own, for idmapped mounts that name none.
    public var uidMappings: [IDMapping]
    public var gidMappings: [IDMapping]
    /// The file of the user namespace that the container joins.
    public var joinedUserNamespace: String?

    /// - Parameter bundle: absolute; relative paths of the configuration begin there.
    public init(
        _ configuration: RuntimeConfiguration, bundle: String, workload: Workload
    ) throws(FieldError) {
        guard let root = configuration.root else { throw FieldError("root", "is missing") }
        let linux = configuration.linux
        let mountNamespace = linux.namespace(.mount)
        hasOwnMountNamespace = mountNamespace != nil && mountNamespace?.path == nil
        self.workload = workload
        self.root = try Self.hostPath(root.path, from: bundle, field: "root.path")
        rootIsReadOnly = root.isReadOnly
        rootPropagation = try linux.rootfsPropagation.flatMap { text throws(FieldError) in
            // Go writes an absent text as an empty one.
            if text.isEmpty { return nil }
            guard let change = KnownOptions.propagations[text] else {
                throw FieldError(
                    "linux.rootfsPropagation", "\"\(printable(text))\" is unknown, expected shared, slave, …")
            }
            return change
        }
        label = linux.mountLabel.flatMap { $0.isEmpty ? nil : $0 }
        let user = linux.namespace(.user)
        hasUserNamespace = user != nil
        joinedUserNamespace = user?.path
        hasNetworkNamespace = linux.namespace(.network) != nil
        hasCgroupNamespace = linux.namespace(.cgroup) != nil
        uidMappings = linux.uidMappings
        gidMappings = linux.gidMappings
        workingDirectory = configuration.process?.workingDirectory
        // Where nothing of the kernel's is mounted, there is nothing of it to hide.
        maskedPaths = linux.maskedPaths.filter { workload == .native || !WasmView.isKernelPath($0) }
        readonlyPaths = linux.readonlyPaths.filter { workload == .native || !WasmView.isKernelPath($0) }

        mounts = []
        for (index, mount) in configuration.mounts.enumerated() {
            let planned = try PlannedMount(mount, index: index, bundle: bundle)
            if case .fileSystem("proc", _) = planned.action, planned.destination == "/proc" { asksForProcesses = true }
            if workload == .wasm, !WasmView.shows(planned) { continue }
            mounts.append(planned)
        }
        let deviceDirectoryIsBound = mounts.contains { $0.isBind && $0.destination == "/dev" }
        fillsDeviceDirectory = workload == .native && !deviceDirectoryIsBound
        devices = []
        if fillsDeviceDirectory {
            for (index, device) in linux.devices.enumerated() {
                devices.append(try PlannedDevice(device, field: "linux.devices[\(index)]"))
            }
        }
    }

    /// Where in the container's tree a bind's source lies that an earlier mount brings there; nil for any other.
    func placeInTree(ofSource mount: PlannedMount) -> String? {
        guard case .bind(let source, _) = mount.action, source.hasPrefix(root + "/") else { return nil }
        let place = Self.cleaned(String(source.dropFirst(root.count)))
        let isMade = mounts.contains { earlier in
            earlier.index < mount.index
                && (place == earlier.destination || place.hasPrefix(earlier.destination + "/"))
        }
        return isMade ? place : nil
    }

    /// An absolute path of the host.
    static func hostPath(_ path: String, from bundle: String, field: String) throws(FieldError) -> String {
        guard !path.isEmpty else { throw FieldError(field, "is empty") }
        guard !path.utf8.contains(0) else { throw FieldError(field, "holds a zero byte") }
        return path.isAbsolutePath ? path : "\(bundle)/\(path)"
    }

    /// A path of the container without `.`, `..`, doubled and closing slashes; begins with a slash.
    static func cleaned(_ path: String) -> String {
        var parts: [String] = []
        for part in path.pathParts where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
