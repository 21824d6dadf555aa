import FieldErrors
import OCISpec
import SystemCalls

/// What `process` of config.json asks for one process: the first of a container, or one of `exec`.
///
/// The value is made by the parent, which refuses there what can be refused. The child then goes by stages:
///
/// 1. `applyEarly`, while it is privileged; a parent does it for a child in a user namespace;
/// 2. without no_new_privs: `CompiledSeccomp.install`;
/// 3. `applyIdentity`, after hooks, mounts and console, in the container's root;
/// 4. the working directory (`ContainerMounts`), as the user if root couldn't;
/// 5. native: `prepareProgram`; with no_new_privs `CompiledSeccomp.install`; `execute`.
///
/// A wasm workload has no fifth stage; its sandbox takes away more.
public struct ProcessSettings: Sendable {
    /// What else there is to know about the container.
    public struct Circumstances: Sendable {
        /// An `exec`, not the first process.
        public var isExec = false
        /// Without privileges on the host: what can't be had there is given up with a warning where runc and crun do.
        public var isRootless = false
        /// The annotation `run.oci.keep_original_groups`.
        public var keepsOriginalGroups = false
        /// Descriptors from 3 on that the program gets: `--preserve-fds` and LISTEN_FDS.
        public var preservedDescriptors: UInt32 = 0
        /// The bundle's: what of it can't be had is an error by one and a warning by another.
        public var version = SpecificationVersion.warnsOfCapabilities
        public init() {}
    }

    public let capabilities: CapabilitySettings
    public let resourceLimits: ResourceLimitSettings
    public let scheduling: SchedulingSettings
    public let labels: SecurityLabels
    public let noNewPrivileges: Bool
    public private(set) var environment: ProcessEnvironment
    public let arguments: [String]

    let user: UserSettings
    private let outOfMemoryScore: Int32?
    private let circumstances: Circumstances
    /// What `becomeUser` found missing in the bounding set.
    private var unbounded: CapabilitySet = []

    /// Descriptors that a program can be given.
    public static let preservedLimit: UInt32 = 4096

    public init(
        _ process: RuntimeProcess, linux: LinuxConfiguration = LinuxConfiguration(),
        circumstances: Circumstances = Circumstances()
    ) throws(FieldError) {
        self.circumstances = circumstances
        guard circumstances.preservedDescriptors <= Self.preservedLimit else {
            throw FieldError(
                "--preserve-fds", "\(circumstances.preservedDescriptors) is more than \(Self.preservedLimit)")
        }
        if let asked = process.capabilities {
            capabilities = try CapabilitySettings(asked, version: circumstances.version)
        } else {
            capabilities = CapabilitySettings()
        }
        resourceLimits = try ResourceLimitSettings(process.resourceLimits)
        scheduling = try SchedulingSettings(process, linux, isExec: circumstances.isExec)
        labels = try SecurityLabels(process)
        user = try UserSettings(process.user, keepsOriginalGroups: circumstances.keepsOriginalGroups)
        noNewPrivileges = process.noNewPrivileges
        environment = try ProcessEnvironment(process.environment)
        arguments = process.arguments
        outOfMemoryScore = process.oomScoreAdjustment
        if let score = outOfMemoryScore, !(-1000...1000).contains(score) {
            throw FieldError("process.oomScoreAdj", "\(score) isn't from -1000 to 1000")
        }
    }

    /// Priorities, affinity, limits and the oom score: what needs privileges and holds across execve(2).
    ///
    /// Late rather than early: the limits hold for what the process itself still does.
    /// - Parameters:
    ///   - process: 0 is the caller; a parent names a child that can't do it itself.
    ///   - files: a procfs in which the process is seen under this number.
    ///   - waits: whether the process waits for a connection then, and calls `applyStarted`.
    /// - Returns: warnings.
    public func applyEarly(
        to process: Int32 = 0, _ files: borrowing ProcessFileSystem, waits: Bool = false
    ) throws(FieldError) -> [String] {
        var warnings: [String] = []
        try scheduling.apply(to: process)
        if let warning = try applyOutOfMemoryScore(to: process, files) { warnings.append(warning) }
        try resourceLimits.apply(to: process, waits: waits)
        return warnings
    }

    /// What `applyEarly` left because the process had still to be started.
    public func applyStarted() throws(FieldError) { try resourceLimits.applyLate() }

    /// Takes the oom score for this process, from which what it forks has it: without privileges nobody sets that of a
    /// process that refuses to be traced. What can't be had here `applyEarly` finds out.
    public func takeOutOfMemoryScore() {
        guard let score = outOfMemoryScore, let files = try? ProcessFileSystem() else { return }
        try? files.write(String(score), to: "self/oom_score_adj")
    }

    private func applyOutOfMemoryScore(
        to process: Int32, _ files: borrowing ProcessFileSystem
    ) throws(FieldError) -> String? {
        guard let score = outOfMemoryScore else { return nil }
        let path = "\(process == 0 ? "self" : String(process))/oom_score_adj"
        do throws(SystemCallError) {
            try files.write(String(score), to: path)
            return nil
        } catch {
            let current = (try? files.read(path)).flatMap { Int32($0) }
            if current == score { return nil }
            let isLowered = error.errno == .accessDenied || error.errno == .notPermitted
            guard isLowered, circumstances.isRootless else {
                let problem = isLowered ? "lowering it from \(current ?? 0) to \(score) needs CAP_SYS_RESOURCE" : ""
                throw FieldError("process.oomScoreAdj", problem, cause: error)
            }
            return "process.oomScoreAdj: \(score) needs CAP_SYS_RESOURCE, \(current ?? 0) stays"
        }
    }

    /// Becomes the user, with the capabilities and labels that were asked for; gives up everything else.
    ///
    /// Also: descriptors beyond the preserved ones are closed at execve(2), signals have their default dispositions, none is
    /// blocked, 0 to 2 belong to the user, and HOME is in `environment`. Called in the container's root.
    ///
    /// - Parameter closesDescriptors: false when the process goes on as it is (wasm), and closes them by itself.
    /// - Returns: warnings.
    public mutating func applyIdentity(
        _ files: borrowing ProcessFileSystem, closesDescriptors: Bool = true
    ) throws(FieldError) -> [String] {
        try becomeUser(files, closesDescriptors: closesDescriptors) + giveUpCapabilities()
    }

    /// The first part of `applyIdentity`: everything but capabilities, which are still permitted afterwards.
    ///
    /// What comes between the two parts is a filter for a process without no_new_privs: it takes a capability to install,
    /// and it may refuse any call of this part.
    public mutating func becomeUser(
        _ files: borrowing ProcessFileSystem, closesDescriptors: Bool = true
    ) throws(FieldError) -> [String] {
        var warnings: [String] = []
        try scheduling.applyToSelf()
        if !labels.isEmpty { try labels.apply(files, atOnce: !closesDescriptors) }
        if closesDescriptors {
            // Nothing of the host may be found in /proc/self/fd afterwards (CVE-2024-21626).
            try asking("process", "closing descriptors") { () throws(SystemCallError) in
                try ProcessAttributes.closeOnExec(from: 3 + circumstances.preservedDescriptors)
            }
            ProcessAttributes.resetSignals()
        }
        environment.addHome(ofUser: user.user)
        user.ownStreams()
        // Dropping from the bounding set takes a capability that the change of user takes away.
        unbounded = try capabilities.dropBounding()
        try asking("process.capabilities") { () throws(SystemCallError) in
            try ProcessAttributes.keepCapabilitiesAcrossUsers(true)
        }
        if try user.become({ try? files.read("self/setgroups") }), !user.supplementary.isEmpty {
            warnings.append(
                "process.user.additionalGids: the user namespace doesn't let groups be set; they are left out")
        }
        Confinement.setFileModeMask(user.fileModeMask)
        try asking("process.capabilities") { () throws(SystemCallError) in
            try ProcessAttributes.keepCapabilitiesAcrossUsers(false)
        }
        return warnings
    }

    /// The last part of `applyIdentity`: prctl(2), capget(2) and capset(2), nothing else.
    public func giveUpCapabilities() throws(FieldError) -> [String] {
        var warnings: [String] = []
        let missing = unbounded.union(try capabilities.apply())
        let names = missing.names + capabilities.unknown
        if !names.isEmpty {
            warnings.append("process.capabilities: can't be granted here: \(names.joined(separator: ", "))")
        }
        if noNewPrivileges {
            try asking("process.noNewPrivileges") { () throws(SystemCallError) in
                try Confinement.refuseNewPrivileges()
            }
        }
        return warnings
    }

    /// Makes everything effective that is permitted: a change of user ended that.
    public func useCapabilities() throws(FieldError) {
        try asking("process.capabilities") { () throws(SystemCallError) in
            var held = try ProcessAttributes.capabilities()
            held.effective = held.permitted
            try ProcessAttributes.setCapabilities(held)
        }
    }

    /// Finds the program, as the user who executes it and in its working directory, and lays everything out.
    public func prepareProgram() throws(FieldError) -> ProgramImage {
        let path: String
        do throws(FieldError) { path = try ProgramLookup.find(arguments, path: environment.value("PATH")) } catch {
            guard error.cause?.errno == .accessDenied, let held = capabilitiesAtExecution else { throw error }
            try asking("process.capabilities") { () throws(SystemCallError) in
                try ProcessAttributes.setCapabilities(held)
            }
            path = try ProgramLookup.find(arguments, path: environment.value("PATH"))
        }
        return ProgramImage(path, arguments: arguments, environment: environment.variables)
    }

    /// What this process may use of what the program is given, when it uses less now: by CAP_DAC_OVERRIDE a user may execute
    /// what its mode denies him.
    private var capabilitiesAtExecution: ProcessAttributes.Capabilities? {
        guard var held = try? ProcessAttributes.capabilities() else { return nil }
        let effective = held.effective | (capabilities.effective.rawValue & held.permitted)
        guard effective != held.effective else { return nil }
        held.effective = effective
        return held
    }

    /// Becomes the program. Returns only when that failed, and then why; to be thrown.
    public static func execute(_ program: borrowing ProgramImage) -> FieldError {
        let errno = program.execute()
        return ProgramLookup.failure(program.path, SystemCallError("execve", program.path, errno))
    }
}
