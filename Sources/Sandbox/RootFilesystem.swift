import SystemCalls

/// The root directory of one container, opened; no path of the host leads to its own writable layer while it runs.
///
/// The unpacked root of an image is shared between containers and never written. A container that may write gets an overlay
/// over it, mounted nowhere: the descriptor is all there is, and the mount ends with it. Where overlays can't be had (no
/// privilege, no such file system) it gets a copy of its own.
public struct RootFilesystem: ~Copyable {
    /// Where what a container writes goes.
    public enum WritableLayer: Sendable, Hashable {
        /// Nowhere: its root is only read.
        case none
        /// Into memory, at most so many bytes; gone with the container. The fastest, and nothing is left to remove.
        ///
        /// - Parameter fallback: a directory that is made for a copy when there can be no overlay.
        case memory(limit: UInt64, fallback: String)
        /// Into `upper` and `work`, or `root`, of the container's own directory, which must not hold these names yet.
        case directory(String)
    }

    public enum Form: Sendable, Equatable {
        /// The image's own root: for reading alone.
        case shared
        /// The bundle's root.
        case own
        case overlay
        /// A copy in the container's directory, and why there is no overlay.
        case copy(reason: SystemCallError)
    }

    public let descriptor: OwnedDescriptor
    public let form: Form

    /// Gives the descriptor away.
    public consuming func take() -> OwnedDescriptor { descriptor }

    /// Opens a container's root.
    ///
    /// - Parameters:
    ///   - shared: the unpacked root of the image.
    ///   - limits: what a copy may cost.
    public static func open(
        shared: String, writable layer: WritableLayer, limits: TreeCopy.Limits = .standard
    ) throws(RootFilesystemError) -> RootFilesystem {
        let lower = try directory(shared)
        let reason: SystemCallError
        let copyParent: String
        do throws(SystemCallError) {
            switch layer {
            case .none: return RootFilesystem(descriptor: withoutDevices(lower, [.readOnly]), form: .shared)
            case .memory(let limit, let fallback):
                copyParent = fallback
                return RootFilesystem(
                    descriptor: try OverlayMount.inMemory(over: lower.rawValue, limit: limit), form: .overlay)
            case .directory(let path):
                copyParent = path
                let container = try Files.open(path, flags: [.readOnly, .directory])
                let mount = try OverlayMount.create(over: lower.rawValue, in: container.rawValue)
                return RootFilesystem(descriptor: mount, form: .overlay)
            }
        } catch { reason = error }
        return RootFilesystem(
            descriptor: try copy(shared, to: copyParent, limits: limits), form: .copy(reason: reason))
    }

    /// Copies a root to `root` of a directory, which is made when it is missing.
    static func copy(
        _ shared: String, to place: String, limits: TreeCopy.Limits
    ) throws(RootFilesystemError) -> OwnedDescriptor {
        try makeUnlessThere(place)
        let container = try directory(place)
        let lower = try directory(shared)
        return try TreeCopy.copy(lower.rawValue, to: "root", in: container.rawValue, limits: limits)
    }

    /// Opens the root of a bundle, which is the container's own: written in place unless it is read-only.
    public static func open(own path: String, isReadOnly: Bool) throws(RootFilesystemError) -> RootFilesystem {
        RootFilesystem(
            descriptor: withoutDevices(try directory(path), isReadOnly ? [.readOnly] : []), form: .own)
    }

    /// The same directory as a mount where device nodes are dead. Without the privilege to mount, the directory itself has to
    /// do: unpacking makes no device nodes, and those in a bundle's own root are its maker's.
    private static func withoutDevices(
        _ directory: consuming OwnedDescriptor, _ attributes: Mounts.Attributes
    ) -> OwnedDescriptor {
        let attributes = attributes.union([.noDevices, .noSetUserID])
        do throws(SystemCallError) {
            return try Mounts.clone(directory.rawValue, attributes: attributes)
        } catch { return directory }
    }

    private static func directory(_ path: String) throws(RootFilesystemError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            return try Files.open(path, flags: [.readOnly, .directory])
        } catch { throw .unopened(path: path, cause: error) }
    }

    /// With the directory around it, in which the layers of all containers are.
    private static func makeUnlessThere(_ path: String) throws(RootFilesystemError) {
        if let end = path.utf8.lastIndex(of: 0x2f), end > path.startIndex {
            try? Files.makeDirectory(String(path[..<end]), mode: 0o700)
        }
        do throws(SystemCallError) { try Files.ensureDirectory(path, mode: 0o700) } catch {
            throw .unopened(path: path, cause: error)
        }
    }
}

/// Why a container has no root.
public enum RootFilesystemError: Error, Equatable, Sendable, CustomStringConvertible {
    case unopened(path: String, cause: SystemCallError)
    /// Neither an overlay nor a copy: which entry of the image stopped the copy.
    case uncopied(path: String, reason: String)
    case tooLarge(limit: String)

    public var description: String {
        switch self {
        case .unopened(let path, let cause): "root \"\(path)\": \(cause)"
        case .uncopied(let path, let reason): "copying the root, \"\(path)\": \(reason)"
        case .tooLarge(let limit):
            "copying the root: more than \(limit); run it with a read-only root, or as root, where an overlay needs no copy"
        }
    }
}
