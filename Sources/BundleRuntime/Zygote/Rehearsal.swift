import ContainerLifecycle
import JSON
import OCISpec
import Sandbox
import SystemCalls
import WasmWorkload

/// A start that never takes place, of a configuration that is our own.
///
/// What a process does for the first time takes several times as long: Swift makes out its types when they are first met, and
/// pages come when they are first touched. A zygote goes through it before it serves, so that whom it forks find it done.
enum Rehearsal {
    /// Everything up to the point where something would be made. For the server: nothing of this comes from outside.
    static func plan(_ read: ZygoteTask.Reader) {
        _ = read(["--root", place, "run", "--bundle", place, "rehearsal"])
        guard let configuration = document?.configuration, let document else { return }
        _ = try? GuestProgram.find(configuration, bundle: place, rootfs: place, hasGroups: true)
        let plan = try? ContainerPlan(
            document, CreateRequest(id: "rehearsal", bundle: place), guest: nil, cache: nil, isRootless: false,
            trace: PhaseTrace(isActive: false))
        guard let plan else { return }
        var state = BundleState(
            id: plan.id, bundle: plan.bundle, rootfs: plan.rootfs, version: configuration.version,
            annotations: configuration.annotations, isWasm: true, hasHooks: false, owner: Processes.effectiveUser,
            created: 0)
        state.creator = .current
        state.process = state.creator
        _ = try? BundleState(reading: state.json.bytes(.compact))
        _ = state.document(.creating)
        _ = try? OpenedNamespaces(plan.namespaces)
    }

    /// Links the module that was used last with what a container's guest gets. For a process that waits for a request: a
    /// module comes from outside.
    static func guest() {
        guard let configuration = document?.configuration,
            let plan = try? WorkloadPlan(
                container: configuration, bundle: place, root: place, hasOwnNetwork: true, hasGroups: true)
        else { return }
        ModuleShelf.shared.rehearse(plan)
    }

    /// A directory that is there.
    private static let place = "/"

    /// runc's own.
    private static var document: BundleDocument? {
        try? BundleDocument(bundle: place, bytes: RuntimeConfiguration.defaultSpecification().bytes())
    }
}
