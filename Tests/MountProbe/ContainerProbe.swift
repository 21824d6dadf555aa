import ContainerMounts
import OCISpec
import ProbeWords
import SystemCalls

/// Makes the mount tree of `bundle=…`, enters it and does what the other words ask, one line of answer each.
struct ContainerProbe {
    let words: Words

    init(_ arguments: ArraySlice<String>) { words = Words(arguments) }

    func run() {
        do {
            let bundle = words.value("bundle") ?? "/nowhere"
            let bytes = try Files.contents(of: bundle + "/config.json", limit: 1 << 20)
            let configuration = try RuntimeConfiguration(reading: bytes)
            let workload: MountPlan.Workload = words.has("wasm") ? .wasm : .native
            let begin = ContinuousClock.now
            let plan = try MountPlan(configuration, bundle: bundle, workload: workload)
            if words.has("timing") { say("timing plan \(ContinuousClock.now - begin)") }
            try prepareHost()
            let sources = words.has("nosources") ? MountSources() : try MountSources(for: plan)
            try spawn(plan, sources, configuration)
        } catch {
            say("refused=\(error)")
            Processes.exit(1)
        }
    }

    /// Mounts of the host that a test wants to find: in a namespace of this process's own.
    private func prepareHost() throws {
        guard let path = words.value("below") ?? words.value("locked") else { return }
        try Namespaces.unshare(.mount)
        let top = try Files.open("/", flags: [.path, .directory])
        try Mounts.change(top.rawValue, propagation: .slave, recursive: true)
        let target = try Files.open(path, flags: [.path, .directory])
        if words.has("locked") {
            let tree = try Mounts.copyTree(path, recursive: false)
            try Mounts.change(tree.rawValue, set: [.readOnly, .noSetUserID, .noDevices, .noExecution])
            try Mounts.move(tree.rawValue, onto: target.rawValue)
        } else {
            let context = try Mounts.openContext(type: "tmpfs")
            let tree = try Mounts.create(context.rawValue, attributes: [])
            try Mounts.move(tree.rawValue, onto: target.rawValue)
        }
    }

    private func spawn(
        _ plan: MountPlan, _ sources: borrowing MountSources, _ configuration: RuntimeConfiguration
    ) throws {
        let go = try Descriptors.pipe()
        switch try Processes.clone(into: kinds(configuration.linux)) {
        case .child:
            let wait = go.keepRead()
            _ = try? Files.readAll(wait.rawValue, limit: 16)
            child(plan, sources)
            Processes.exit(0)
        case .parent(let process, _):
            if plan.hasUserNamespace {
                try map(process, "uid_map", configuration.linux.uidMappings)
                try map(process, "gid_map", configuration.linux.gidMappings)
            }
            let end = go.keepWrite()
            try end.close()
            Processes.exit(try Processes.wait(for: process).shellStatus)
        }
    }

    private func kinds(_ linux: LinuxConfiguration) -> NamespaceKinds {
        var kinds: NamespaceKinds = []
        for namespace in linux.namespaces where namespace.path == nil {
            switch namespace.kind {
            case .pid: kinds.insert(.pid)
            case .user: kinds.insert(.user)
            case .network: kinds.insert(.network)
            case .cgroup: kinds.insert(.cgroup)
            case .ipc: kinds.insert(.ipc)
            case .mount: kinds.insert(.mount)
            case .uts, .time: continue
            }
        }
        return kinds
    }

    private func map(_ process: Int32, _ name: String, _ mappings: [IDMapping]) throws {
        let file = try Files.open("/proc/\(process)/\(name)", flags: .writeOnly)
        let table = mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
        try Files.writeAll(file.rawValue, Array(table.utf8))
    }

    private func child(_ plan: MountPlan, _ sources: borrowing MountSources) {
        do {
            if plan.hasUserNamespace { try Confinement.become(user: 0, group: 0, groups: []) }
            let begin = ContinuousClock.now
            var root = try ContainerRoot(plan, sources: sources)
            try root.mountAll(sources: sources)
            let mounted = ContinuousClock.now
            try root.makeDevices(sources: sources)
            if words.has("console") {
                let terminal = try Terminals.open()
                try root.bindConsole(terminal.slave.rawValue)
            }
            let devices = ContinuousClock.now
            let host = try Files.open("/", flags: [.readOnly, .directory])
            if words.has("nullinput") {
                try Descriptors.place(try Files.open("/dev/null", flags: .readOnly).release(), at: 0)
            }
            try root.enter(words.has("nopivot") ? .move : .pivot)
            let entered = ContinuousClock.now
            try ContainerRoot.protect(plan)
            if words.has("timing") {
                say("timing mounts \(mounted - begin), devices \(devices - mounted), enter \(entered - devices)")
                say("timing protect \(ContinuousClock.now - entered)")
            }
            if words.has("escape") {
                try Confinement.changeDirectory(to: host.rawValue)
                say("inside=\(try WorkingDirectory.isInsideRoot())")
            }
        } catch {
            say("refused=\(error)")
            Processes.exit(1)
        }
        for word in words.all { answer(word.name, word.value) }
    }

    private func answer(_ name: String, _ path: String) {
        guard let result = Queries.result(name, path) else { return }
        say("\(name) \(path): \(result)")
    }
}
