import Cgroups
import ContainerLifecycle
import FieldErrors
import JSON
import OCISpec
import ProcessSettings
import Sandbox
import SystemCalls

/// Everything about another process of a container that is known before it is made.
final class ExecPlan {
    let request: ExecRequest
    let state: BundleState
    let configuration: RuntimeConfiguration
    let process: RuntimeProcess
    let namespaces: NamespacePlan
    let settings: ProcessSettings
    let seccomp: CompiledSeccomp?
    let guest: GuestPlan?
    /// nil for a container without one.
    let cgroup: ContainerCgroup?
    /// Descriptors from 3 on that are the process's.
    let preserved: UInt32
    let trace: PhaseTrace

    init(_ runtime: ContainerRuntime, _ request: ExecRequest, trace: PhaseTrace) throws(RuntimeFailure) {
        self.request = request
        self.trace = trace
        try BundleID.check(request.id)
        let store = try runtime.store()
        guard let directory = try store.find(request.id), let state = try directory.state() else {
            throw ContainerRuntime.unknown(request.id)
        }
        self.state = state
        try Self.check(state, request)
        var configuration = try BundleDocument(bundle: state.bundle, bytes: directory.configuration()).configuration
        configuration.process = try ExecProcess.read(request, container: configuration.process)
        preserved = try SocketActivation.handOver(request.preservedDescriptors, &configuration)
        guard let process = configuration.process, !process.arguments.isEmpty else {
            throw RuntimeFailure(.refused, "process.args: is empty")
        }
        self.configuration = configuration
        self.process = process
        guest = try Self.guest(configuration, state, runtime, trace: trace)
        namespaces = NamespacePlan(configuration.linux)
        cgroup = try Self.cgroup(state, request)
        var circumstances = ProcessSettings.Circumstances()
        circumstances.isExec = true
        circumstances.isRootless = runtime.isRootless
        circumstances.preservedDescriptors = preserved
        circumstances.version = SpecificationVersion(configuration.version)
        circumstances.keepsOriginalGroups = configuration.keepsOriginalGroups
        var asked = process
        if guest != nil {
            asked.giveUpPrivileges()
        } else if state.isWasm, asked.giveUpTracing() {
            runtime.warn("process.capabilities: CAP_SYS_PTRACE isn't given beside a guest, whose process is martlet")
        }
        do throws(FieldError) {
            settings = try ProcessSettings(asked, linux: configuration.linux, circumstances: circumstances)
            if let filter = configuration.linux.seccomp {
                seccomp = try CompiledSeccomp(
                    filter, cache: runtime.filters, refusesUnknown: configuration.refusesUnknownCalls)
            } else {
                seccomp = nil
            }
        } catch { throw RuntimeFailure(error) }
        trace.mark("plan")
    }

    private static func check(_ state: BundleState, _ request: ExecRequest) throws(RuntimeFailure) {
        switch state.status {
        case .running, .created: break
        case .paused:
            guard request.ignoresPause else {
                throw RuntimeFailure(.wrongState, "cannot exec in a paused container: \(state.id)")
            }
        case .stopped: throw RuntimeFailure(.wrongState, "cannot exec in a stopped container: container not running")
        case .creating: throw RuntimeFailure(.wrongState, "cannot exec in a container that isn't made yet: \(state.id)")
        }
    }

    /// What the file is decides alone: a native program may be run beside a guest, and the other way round.
    private static func guest(
        _ configuration: RuntimeConfiguration, _ state: BundleState, _ runtime: ContainerRuntime, trace: PhaseTrace
    ) throws(RuntimeFailure) -> GuestPlan? {
        var configuration = configuration
        for key in ["run.oci.handler", "module.wasm.image/variant"] { configuration.annotations[key] = nil }
        // The first process has the ports.
        configuration.annotations["dev.martlet.ports"] = nil
        var root = state.rootfs
        if !state.isWasm, let process = state.process {
            // What a program of the container sees, with all that is mounted. A guest's process has given its root up.
            root = "/proc/\(process.number)/root"
            configuration.mounts = []
        }
        guard
            let program = try GuestProgram.find(
                configuration, bundle: state.bundle, rootfs: root,
                hasGroups: state.cgroup != nil && !runtime.isRootless)
        else {
            try SealedProgram.ensure()
            return nil
        }
        // Native programs see the guest's process, and find our file by it.
        if !state.isWasm || !NamespacePlan(configuration.linux).new.contains(.pid) { try SealedProgram.ensure() }
        return try GuestPlan(program, store: runtime.imageStore(), trace: trace)
    }

    /// The container's groups, or those below it that were asked for.
    private static func cgroup(_ state: BundleState, _ request: ExecRequest) throws(RuntimeFailure) -> ContainerCgroup?
    {
        guard let cgroup = try state.openCgroup() else { return nil }
        guard !request.cgroups.isEmpty else { return cgroup }
        var wanted: [String: String] = [:]
        for (controller, path) in request.cgroups { wanted[controller] = try below(path) }
        var found: Set<String> = []
        // The container may have made one for all in some of the trees only.
        let groups = cgroup.groups.map { group in
            guard let controller = (group.controllers + [""]).first(where: { wanted[$0] != nil }),
                let directory = wanted[controller].map({ group.directory + $0 }),
                (try? FileStatus.of(directory))?.kind == .directory
            else { return group }
            found.formUnion(group.controllers + [""])
            return ContainerCgroup.Group(controllers: group.controllers, directory: directory)
        }
        for (controller, path) in request.cgroups where !found.contains(controller) {
            let option = controller.isEmpty ? path : "\(controller):\(path)"
            throw RuntimeFailure(.refused, "--cgroup \(option): the container has no such group")
        }
        return ContainerCgroup(groups: groups, isRootless: cgroup.isRootless)
    }

    /// What a path adds to a group's directory; nothing for the group itself.
    private static func below(_ path: String) throws(RuntimeFailure) -> String {
        let parts = path.pathParts
        guard !parts.contains(".."), path.utf8.count < 4096 else {
            throw RuntimeFailure(
                .refused, "--cgroup \(path): must name a group below the container's: `..` components are not allowed")
        }
        return parts.filter { $0 != "." }.map { "/\($0)" }.joined()
    }
}
