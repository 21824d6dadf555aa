import SystemCalls

/// A workload's root in which more is about to be mounted: a mount of its own that is mounted nowhere, cut off from the
/// host's, and open for mount points until its owner makes it read-only. A shared root isn't written for them either.
public enum MountableRoot: Sendable {
    /// The unpacked root of an image; without a writable layer of its own it gets one in memory, for mount points alone.
    case shared(String, RootFilesystem.WritableLayer)
    /// The root of a bundle, in which missing mount points are made as directories and empty files.
    case own(String)
    /// A directory in memory in which there is nothing.
    case empty

    /// The most bytes that mount points take.
    private static let mountPointLimit: UInt64 = 4 << 20

    /// Opens the root of the mount, O_PATH.
    ///
    /// - Parameter inUserNamespace: whether this process has its privileges by a user namespace of its own.
    /// - Returns: nil when the process may not mount.
    public func open(inUserNamespace: Bool) throws(RootFilesystemError) -> OwnedDescriptor? {
        do throws(SystemCallError) {
            switch self {
            case .shared(let path, let layer): return try Self.overlay(path, layer, inUserNamespace)
            case .own(let path): return try Self.clone(Files.open(path, flags: [.path, .directory]))
            case .empty: return try OverlayMount.memory(mode: "0755", limit: Self.mountPointLimit)
            }
        } catch {
            if [.notPermitted, .accessDenied, .notImplemented].contains(error.errno) { return nil }
            return try copied(because: error)
        }
    }

    private static func overlay(
        _ path: String, _ layer: RootFilesystem.WritableLayer, _ inUserNamespace: Bool
    ) throws(SystemCallError) -> OwnedDescriptor {
        let lower = try Files.open(path, flags: [.readOnly, .directory])
        let limit: UInt64
        switch layer {
        case .directory(let container):
            let directory = try Files.open(container, flags: [.readOnly, .directory])
            return try OverlayMount.mount(
                over: lower.rawValue, in: directory.rawValue, inUserNamespace: inUserNamespace)
        case .memory(let bytes, _): limit = bytes
        case .none: limit = mountPointLimit
        }
        let memory = try OverlayMount.memory(mode: "0700", limit: limit)
        return try OverlayMount.mount(over: lower.rawValue, in: memory.rawValue, inUserNamespace: inUserNamespace)
    }

    /// Where there can be no overlay over this root.
    private func copied(because reason: SystemCallError) throws(RootFilesystemError) -> OwnedDescriptor? {
        guard case .shared(let path, let layer) = self, let place = layer.place else {
            throw .unopened(path: name, cause: reason)
        }
        let copy = try RootFilesystem.copy(path, to: place, limits: .standard)
        do throws(SystemCallError) { return try Self.clone(copy) } catch {
            throw .unopened(path: name, cause: error)
        }
    }

    private static func clone(_ directory: consuming OwnedDescriptor) throws(SystemCallError) -> OwnedDescriptor {
        let mount = try Mounts.copyTree(in: directory.rawValue, recursive: false)
        try Mounts.change(mount.rawValue, set: [.noDevices, .noSetUserID], propagation: .private)
        return mount
    }

    private var name: String {
        switch self {
        case .shared(let path, _), .own(let path): path
        case .empty: "in memory"
        }
    }
}

extension RootFilesystem.WritableLayer {
    /// The directory for a copy.
    var place: String? {
        switch self {
        case .none: nil
        case .memory(_, let path), .directory(let path): path
        }
    }
}
