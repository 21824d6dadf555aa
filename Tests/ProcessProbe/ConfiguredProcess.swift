import JSON
import OCISpec
import ProcessSettings
import SystemCalls

/// `run`: all stages in their order, then the program.
///
/// Words: `new=uts,ipc,network,mount,user` makes namespaces; `proc=own` takes a procfs of our own; `preserve=N`; `exec`;
/// `rootless`; `census` tells the open descriptors instead of becoming a program; `prepare=SCRIPT` is run in the new mount namespace; `root=FOLDER` becomes the root; `ignore=N` has a signal ignored and blocked before; `times` says how long the
/// stages took.
struct ConfiguredProcess {
    let words: ArraySlice<String>

    init(_ words: ArraySlice<String>) { self.words = words }

    func run() {
        do {
            try become(configuration())
        } catch {
            say("error=\(error)")
            Processes.exit(1)
        }
    }

    private func become(_ configuration: RuntimeConfiguration) throws {
        guard let process = configuration.process else { return say("no process") }
        var circumstances = ProcessSettings.Circumstances()
        circumstances.isExec = words.contains("exec")
        circumstances.isRootless = words.contains("rootless")
        circumstances.preservedDescriptors = value("preserve", in: words).flatMap { UInt32($0) } ?? 0
        var settings = try ProcessSettings(process, linux: configuration.linux, circumstances: circumstances)
        let seccomp = try configuration.linux.seccomp.map { try CompiledSeccomp($0) }
        let parameters = try KernelParameters(configuration)
        let names = try HostNames(configuration)
        var listener = try connectListener(configuration, seccomp)

        try enterNamespaces()
        if let number = value("ignore", in: words).flatMap({ Int32($0) }) {
            SignalSet.ignore(number)
            _ = try SignalSet([number]).block()
        }
        if let root = value("root", in: words) {
            try Confinement.changeDirectory(to: root)
            try Confinement.makeWorkingDirectoryTheRoot()
        }
        let files = words.contains("proc=own") ? try ProcessFileSystem(own: ()) : try ProcessFileSystem()
        if words.contains("proc") { say("own=\(files.isOwn)") }
        let start = Clocks.now(.monotonic)
        try names.apply()
        try parameters.apply(files)
        try settings.scheduling.applyInitialAffinity(to: 0)
        try settings.scheduling.applyFinalAffinity(to: 0)
        for warning in try settings.applyEarly(files) { say("warning=\(warning)") }
        if let seccomp, !process.noNewPrivileges { try seccomp.install(listener: listener.take()) }
        for warning in try settings.applyIdentity(files) { say("warning=\(warning)") }
        try Confinement.changeDirectory(to: process.workingDirectory)
        let program = try settings.prepareProgram()
        if words.contains("times") { say("time=\(Clocks.now(.monotonic) - start)") }
        if let seccomp, process.noNewPrivileges {
            try seccomp.install(listener: listener.take(), goesOn: words.contains("census"))
        }
        if words.contains("census") {
            // What a process that doesn't become a program still has.
            return say("open=\((0..<64).filter { Descriptors.isOpen($0) })")
        }
        throw ProcessSettings.execute(program)
    }

    private func connectListener(
        _ configuration: RuntimeConfiguration, _ compiled: CompiledSeccomp?
    ) throws -> SeccompListener? {
        guard let seccomp = configuration.linux.seccomp, compiled?.hasListener == true else { return nil }
        return SeccompListener(
            connection: try SeccompListener.connect(seccomp),
            message: SeccompListener.message(
                version: configuration.version, process: Processes.current, metadata: seccomp.listenerMetadata,
                state: ["id": "probe", "status": "creating"]))
    }

    private func enterNamespaces() throws {
        var kinds: NamespaceKinds = []
        for name in (value("new", in: words) ?? "").split(separator: ",") {
            switch name {
            case "uts": kinds.insert(.uts)
            case "ipc": kinds.insert(.ipc)
            case "network": kinds.insert(.network)
            case "mount": kinds.insert(.mount)
            case "user": kinds.insert(.user)
            default: say("unknown namespace \(name)")
            }
        }
        // Without privileges nothing of this goes but in a user namespace, as with every runtime.
        let user = Processes.effectiveUser
        let group = Processes.effectiveGroup
        if user != 0 { kinds.insert(.user) }
        guard !kinds.isEmpty else { return }
        try Namespaces.unshare(kinds)
        if kinds.contains(.mount), let script = value("prepare", in: words) {
            // Nothing that is mounted here is seen outside.
            let outcome = try ChildProgram.run(
                "/bin/sh", arguments: ["sh", "-ec", "mount --make-rprivate /; \(script)"],
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], input: .bytes([]), outputLimit: 1 << 16,
                timeout: .seconds(10))
            guard outcome.end == .exited(.code(0)) else { return say("the script failed: \(outcome.end)") }
        }
        guard kinds.contains(.user) else { return }
        for (file, text) in [("setgroups", "deny"), ("uid_map", "0 \(user) 1"), ("gid_map", "0 \(group) 1")] {
            let file = try Files.open("/proc/self/\(file)", flags: .writeOnly)
            try Files.writeAll(file.rawValue, Array(text.utf8))
        }
    }
}
