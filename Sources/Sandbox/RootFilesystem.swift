import SystemCalls

/// The root directory of one container, opened; no path of the host leads to its own writable layer while it runs.
///
/// The unpacked root of an image is shared between containers and never written. A container that may write gets an overlay
/// over it, mounted nowhere: the descriptor is all there is, and the mount ends with it. Where overlays can't be had (no
/// privilege, no such file system) it gets a copy of its own.
public struct RootFilesystem: ~Copyable {
    public enum Form: Sendable, Equatable {
        /// The image's own root: for reading alone.
        case shared
        /// An overlay with its upper layer in the container's directory.
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
    ///   - container: the container's own directory, which takes `upper` and `work` or `root`; nil for a root that is only
    ///     read. It must not hold these names yet.
    ///   - limits: what a copy may cost.
    public static func open(
        shared: String, writableIn container: String?, limits: TreeCopy.Limits = .standard
    ) throws(RootFilesystemError) -> RootFilesystem {
        let lower: OwnedDescriptor
        do throws(SystemCallError) {
            lower = try Files.open(shared, flags: [.readOnly, .directory])
        } catch { throw .unopened(path: shared, cause: error) }
        guard let container else { return RootFilesystem(descriptor: lower, form: .shared) }

        let directory: OwnedDescriptor
        do throws(SystemCallError) {
            directory = try Files.open(container, flags: [.readOnly, .directory])
        } catch { throw .unopened(path: container, cause: error) }
        let reason: SystemCallError
        do throws(SystemCallError) {
            let mount = try OverlayMount.create(over: lower.rawValue, in: directory.rawValue)
            return RootFilesystem(descriptor: mount, form: .overlay)
        } catch { reason = error }
        let copy = try TreeCopy.copy(lower.rawValue, to: "root", in: directory.rawValue, limits: limits)
        return RootFilesystem(descriptor: copy, form: .copy(reason: reason))
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
