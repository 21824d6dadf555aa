import OCISpec
import SystemCalls

/// The root of a container while its mount tree is made, in the container's own mount namespace, by the process that will be
/// its init and has one thread.
///
/// The order: `init`, `mountAll`, `makeDevices`, (hooks, `bindConsole`), `enter`, `protect`, `changeWorkingDirectory`. Every
/// path of the container is walked from the root's descriptor and can't leave it, whatever links the image holds and whoever
/// exchanges them meanwhile; every mount is moved by descriptor onto what was found. The creation mask is 0 from `init` to
/// `enter`, which leaves it at 0022.
public struct ContainerRoot: ~Copyable {
    let plan: MountPlan
    /// The root of the container's tree, O_PATH.
    let root: OwnedDescriptor
    /// Mounts to be made read-only at the end; released descriptors, closed with the process's other ones by `enter`.
    var late: [LateChange] = []

    struct LateChange {
        var mount: Int32
        var field: String
    }

    /// Where the container's paths begin.
    public var descriptor: Int32 { root.rawValue }

    deinit { for change in late { _ = OwnedDescriptor(adopting: change.mount) } }

    var paths: ContainerPaths { ContainerPaths(root: root.rawValue) }
}
