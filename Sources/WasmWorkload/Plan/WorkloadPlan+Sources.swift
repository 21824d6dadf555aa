import ContainerMounts
import HostCapabilities
import OCISpec
import SystemCalls

// The pure functions that make a plan: one for each kind of source.

extension WorkloadPlan {
    /// The plan for a file that isn't in any image.
    ///
    /// - Parameter file: a path of the host; its last part is the program's name.
    public init(file: String, request: WorkloadRequest) throws(PlanError) {
        self.init(program: .file(file))
        let name = file.pathParts.last ?? file
        arguments = [name] + request.arguments
        guard request.entrypoint == nil else {
            throw PlanError("--entrypoint names a file of an image; \(file) is the program itself")
        }
        guard request.user == nil || request.user?.first?.isNumber == true else {
            throw PlanError("--user: a file has no /etc/passwd to look \(request.user ?? "") up in; write numbers")
        }
        workingDirectory = "/"
        try apply(request)
    }

    /// The plan for an image whose layers are unpacked at `root`.
    public init(
        image: ImageConfiguration, root: String, name: String, request: WorkloadRequest
    ) throws(PlanError) {
        let process = try ImageProcess(image: image, name: name, request: request)
        self.init(program: .inRoot(process.programs))
        entryPoint = process.export.map(EntryPoint.export) ?? .start
        arguments = process.arguments
        workingDirectory = process.workingDirectory
        user = process.user
        self.root = Root(path: root, isReadOnly: false, isShared: true)
        environment = image.environment
        try apply(request)
    }

    /// The plan for an image whose layer is the module itself.
    ///
    /// - Parameter module: the path of the layer's content on the host.
    public init(
        image: ImageConfiguration, module: String, name: String, request: WorkloadRequest
    ) throws(PlanError) {
        self.init(program: .file(module))
        guard request.entrypoint == nil else {
            throw PlanError("--entrypoint: the image \(name) is one module and holds no other file")
        }
        let process = try ImageProcess(image: image, name: name, request: request, programName: name)
        arguments = process.arguments
        workingDirectory = process.workingDirectory
        user = process.user
        environment = image.environment
        try apply(request)
    }

    /// The plan for a bundle: its `config.json` and the folder it stands in.
    ///
    /// Of the mounts, those that show a file or directory of the host are kept. A wasm guest has no use for the kernel's
    /// own file systems (`proc`, `sysfs`, `devpts`, `mqueue`, `cgroup`), and none of them is shown.
    public init(
        bundle configuration: RuntimeConfiguration, directory: String, request: WorkloadRequest
    ) throws(PlanError) {
        guard let process = configuration.process, let first = process.arguments.first else {
            throw PlanError("\(directory)/config.json: process.args names no program")
        }
        let entry = EntryPointName(request.entrypoint ?? first)
        self.init(program: .inRoot(entry.candidates(in: process.workingDirectory, path: process.environment)))
        entryPoint = entry.export.map(EntryPoint.export) ?? .start
        arguments =
            [entry.path] + (request.arguments.isEmpty ? Array(process.arguments.dropFirst()) : request.arguments)
        environment = process.environment
        workingDirectory = try GuestPath.normalized(process.workingDirectory, what: "process.cwd")
        user = "\(process.user.uid):\(process.user.gid)"
        hasTerminal = process.hasTerminal
        let root = configuration.root ?? .init(path: "rootfs")
        self.root = Root(
            path: root.path.isAbsolutePath ? root.path : "\(directory)/\(root.path)", isReadOnly: root.isReadOnly,
            isShared: false)
        for mount in configuration.mounts where mount.isBind {
            guard let source = mount.source else {
                throw PlanError("\(directory)/config.json: the bind mount on \(mount.destination) names no source")
            }
            mounts.append(
                Volume(
                    source: source.isAbsolutePath ? source : "\(directory)/\(source)",
                    destination: try GuestPath.normalized(mount.destination, what: "mounts"),
                    isReadOnly: mount.isReadOnly))
        }
        limits = try Limits(bundle: configuration, directory: directory)
        try Annotations.apply(configuration.annotations, to: &self)
        try apply(request)
    }

    /// What the request adds and overrides, the same for every source.
    mutating func apply(_ request: WorkloadRequest) throws(PlanError) {
        if let export = request.invoke { entryPoint = .export(export) }
        environment = EnvironmentList.merged(environment, request.environment)
        if let directory = request.workingDirectory {
            workingDirectory = try GuestPath.normalized(directory, what: "--workdir")
        }
        // Preview 1 has no working directory: programs that care for one look into PWD.
        if workingDirectory != "/", !environment.contains(where: { $0.hasPrefix("PWD=") }) {
            environment.append("PWD=\(workingDirectory)")
        }
        if let wanted = request.user { user = wanted }
        // What is mounted inside of another comes after it, however the person ordered them.
        mounts += request.mounts.sorted { $0.depth < $1.depth }
        ports += request.ports
        outbound += request.outbound
        network = request.network
        hasTerminal = hasTerminal || request.hasTerminal
        if request.isReadOnly { root?.isReadOnly = true }
        limits = limits.tightened(by: request.limits)
        try Annotations.apply(request.annotations, to: &self)
        try validate()
    }

    /// Refuses what contradicts itself.
    private func validate() throws(PlanError) {
        do throws(NetworkRuleError) {
            try PortMapping.checkDistinct(ports)
        } catch { throw PlanError("\(error)") }
        if network == .none, !ports.isEmpty || !outbound.isEmpty {
            throw PlanError("--network none leaves no room for ports and outbound rules; drop one of the two")
        }
        for (index, mount) in mounts.enumerated()
        where mounts[..<index].contains(where: { $0.destination == mount.destination }) {
            throw PlanError("two mounts share the destination \(mount.destination)")
        }
        if root != nil, mounts.contains(where: { $0.destination == "/" }) {
            throw PlanError("a mount on / would hide the whole root; choose a directory of it, such as /data")
        }
        for text in arguments + environment where text.contains("\0") {
            throw PlanError("an argument or a variable holds a NUL byte: \(text.prefix(40))")
        }
    }
}
