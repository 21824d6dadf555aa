import ContainerMounts
import FieldErrors
import OCISpec
import ProcessSettings
import SystemCalls

/// Everything about a new container that is known before anything is made. What can be refused is refused here.
final class ContainerPlan {
    let request: CreateRequest
    let document: BundleDocument
    let configuration: RuntimeConfiguration
    let isRootless: Bool
    let namespaces: NamespacePlan
    let mounts: MountPlan
    let names: HostNames
    let parameters: KernelParameters
    /// nil without `process`, which only `start` demands.
    let settings: ProcessSettings?
    let seccomp: CompiledSeccomp?
    /// What a wasm workload needs; nil for a native one.
    let guest: GuestPlan?
    /// Descriptors from 3 on that are the container's: `--preserve-fds` and those of socket activation.
    let preserved: UInt32
    /// A service manager waits for the container's word (`NotifySocket`).
    let isAwaited: Bool
    /// What was asked for and isn't had, and is no error.
    let warnings: [String]
    let trace: PhaseTrace

    var id: String { request.id }
    /// Absolute.
    var bundle: String { document.bundle }
    var isWasm: Bool { guest != nil }
    var hasTerminal: Bool { configuration.process?.hasTerminal ?? false }
    var rootfs: String { mounts.root }

    /// - Parameters:
    ///   - guest: made by the caller, who decides between native and wasm.
    ///   - cache: of compiled filters of system calls.
    ///   - notifyFolder: where the container's socket for its service manager is going to be, when one waits.
    init(
        _ document: BundleDocument, _ request: CreateRequest, guest: GuestPlan?, cache: SeccompCache?, isRootless: Bool,
        notifyFolder: String? = nil, trace: PhaseTrace
    ) throws(RuntimeFailure) {
        self.document = document
        self.request = request
        self.guest = guest
        self.trace = trace
        self.isRootless = isRootless
        var configuration = document.configuration
        preserved = try SocketActivation.handOver(request.preservedDescriptors, &configuration)
        isAwaited = notifyFolder != nil
        if guest == nil, let notifyFolder { NotifySocket.offer(&configuration, folder: notifyFolder) }
        try Self.check(configuration, request)
        warnings = Self.leaveOut(&configuration)
        configuration.linux.resources?.leaveOutUnset(by: SpecificationVersion(configuration.version))
        self.configuration = configuration
        namespaces = NamespacePlan(configuration.linux)
        do throws(FieldError) {
            mounts = try MountPlan(configuration, bundle: document.bundle, workload: guest == nil ? .native : .wasm)
        } catch { throw RuntimeFailure(error) }
        do throws(FieldError) {
            names = try HostNames(configuration)
            parameters = try KernelParameters(configuration)
            settings = try Self.settings(
                configuration, isWasm: guest != nil, isRootless: isRootless, preserved: preserved)
            if let asked = configuration.linux.seccomp {
                seccomp = try CompiledSeccomp(
                    asked, cache: cache, refusesUnknown: configuration.refusesUnknownCalls)
            } else {
                seccomp = nil
            }
        } catch { throw RuntimeFailure(error) }
        trace.mark("plan")
    }

    private static func settings(
        _ configuration: RuntimeConfiguration, isWasm: Bool, isRootless: Bool, preserved: UInt32
    ) throws(FieldError) -> ProcessSettings? {
        guard var process = configuration.process else { return nil }
        if isWasm { process.giveUpPrivileges() }
        var circumstances = ProcessSettings.Circumstances()
        circumstances.isRootless = isRootless
        circumstances.preservedDescriptors = preserved
        circumstances.version = SpecificationVersion(configuration.version)
        circumstances.keepsOriginalGroups = configuration.keepsOriginalGroups
        return try ProcessSettings(process, linux: configuration.linux, circumstances: circumstances)
    }

    /// Takes out what this kernel has nothing for and nobody could notice.
    private static func leaveOut(_ configuration: inout RuntimeConfiguration) -> [String] {
        // Without the module no label can be read, or decide about anything. That of the process stays an error: who asks
        // for that one relies on being confined.
        guard let label = configuration.linux.mountLabel, !label.isEmpty, !SecurityLabels.hasSELinux else { return [] }
        configuration.linux.mountLabel = nil
        return ["linux.mountLabel: \"\(label.printable())\" needs SELinux, which this kernel doesn't run; left out"]
    }

    /// What no other part of the plan looks at.
    private static func check(
        _ configuration: RuntimeConfiguration, _ request: CreateRequest
    ) throws(RuntimeFailure) {
        let linux = configuration.linux
        if let process = configuration.process {
            if process.arguments.isEmpty { throw RuntimeFailure(.refused, "process.args: is empty") }
            if request.consoleSocket != nil, !process.hasTerminal {
                throw RuntimeFailure(.refused, "--console-socket: process.terminal isn't set, so there is no terminal")
            }
        }
        if let user = linux.namespace(.user), user.path == nil, linux.uidMappings.isEmpty || linux.gidMappings.isEmpty {
            throw RuntimeFailure(
                .refused, "linux.uidMappings: a new user namespace needs mappings of users and of groups")
        }
    }
}

extension RuntimeProcess {
    /// What a guest never has: it makes no system call itself, and what escapes from it finds nothing.
    mutating func giveUpPrivileges() {
        capabilities = nil
        noNewPrivileges = true
    }
}
