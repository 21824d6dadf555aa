import Cgroups
import OCISpec
import SystemCalls

extension Scenario {
    /// Version 2 alone, where other mounts keep most controllers in version 1: in a mount namespace of our own, version
    /// 2 covers the usual place. What it has here is real.
    static func unified(id: String) throws {
        try coverWithUnified()
        let root = "/sys/fs/cgroup"
        report("controllers", text("\(root)/cgroup.controllers"))
        var cgroup = try ContainerCgroup.create(
            path: "/\(id)/inner", id: id, resources: nil, rootless: false, restrictsDevices: false)
        defer {
            try? cgroup.delete()
            try? Files.removeDirectory("\(root)/\(id)")
        }
        report("groups", cgroup.groups.map(\.directory).joined(separator: " "))
        report("unifiedDirectory", cgroup.unifiedDirectory ?? "none")
        let process = try child {}
        try cgroup.add(process: process)
        report("added", try count(of: process, in: cgroup))
        try cgroup.freeze()
        report("frozen", "\(cgroup.isFrozen) \(text("\(root)/\(id)/inner/cgroup.events"))")
        try cgroup.thaw()
        report("thawed", !cgroup.isFrozen)
        report("statistics", try cgroup.statistics().cpu.total > 0)
        report("pressure", try cgroup.statistics().cpu.pressure != nil)
        try limits(cgroup, "\(root)/\(id)/inner")
        try processesInside(id)
        try cgroup.give(to: 65534)
        report(
            "owners",
            try ["", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.max.depth"].map { name in
                "\(try FileStatus.of("\(root)/\(id)/inner\(name)").owner)"
            }.joined(separator: " "))
        try innerGroups(&cgroup, beside: process)
        try cgroup.kill()
        report("killed", "\(try Processes.wait(for: process))")
        try cgroup.delete()
        report("left", (try? FileStatus.of("\(root)/\(id)/inner")) != nil)
    }

    private static func coverWithUnified() throws {
        try Namespaces.unshare(.mount)
        let slash = try Files.open("/", flags: [.path, .directory])
        try Mounts.change(slash.rawValue, propagation: .private, recursive: true)
        let context = try Mounts.openContext(type: "cgroup2")
        let mount = try Mounts.create(context.rawValue, attributes: [])
        let target = try Files.open("/sys/fs/cgroup", flags: [.path, .directory])
        try Mounts.move(mount.rawValue, onto: target.rawValue)
    }

    /// Whatever controller is in version 2 is handed down; one that isn't is an error that names the field.
    private static func limits(_ cgroup: ContainerCgroup, _ directory: String) throws {
        var resources = LinuxResources()
        resources.hugepageLimits = [.init(pageSize: "2MB", limit: 4 << 20)]
        do {
            try cgroup.update(resources)
            report("hugepages", "\(text("\(directory)/hugetlb.2MB.max")) \(text("\(directory)/hugetlb.2MB.rsvd.max"))")
        } catch { report("hugepages", "\(error)") }
        resources = LinuxResources()
        resources.unified = ["cgroup.max.descendants": "7"]
        try cgroup.update(resources)
        report("descendants", text("\(directory)/cgroup.max.descendants"))
        resources.unified = ["hugetlb.2MB.max": "2097152"]
        try cgroup.update(resources)
        report("unifiedMap", text("\(directory)/hugetlb.2MB.max"))
        resources = LinuxResources()
        var memory = LinuxResources.Memory()
        memory.limit = 1 << 26
        resources.memory = memory
        do {
            try cgroup.update(resources)
            report("memory", text("\(directory)/memory.max"))
        } catch { report("memory", "\(error)") }
    }

    /// A group above with processes of its own can't hand controllers down.
    private static func processesInside(_ id: String) throws {
        let full = "/sys/fs/cgroup/\(id)-full"
        try Files.makeDirectory(full, mode: 0o755)
        defer { try? Files.removeDirectory(full) }
        let process = try child {}
        try write("\(process)", to: "\(full)/cgroup.procs")
        var resources = LinuxResources()
        resources.hugepageLimits = [.init(pageSize: "2MB", limit: 4 << 20)]
        do {
            let cgroup = try ContainerCgroup.create(
                path: "/\(id)-full/inner", id: id, resources: resources, rootless: false, restrictsDevices: false)
            try cgroup.delete()
            report("internal", "made")
        } catch { report("internal", "\(error)") }
        report("internalLeft", (try? FileStatus.of("\(full)/inner")) != nil)
        try Processes.kill(process, 9)
        _ = try Processes.wait(for: process)
    }

    /// A container that has groups of its own takes new processes only beside one of them.
    private static func innerGroups(_ cgroup: inout ContainerCgroup, beside process: Int32) throws {
        guard let directory = cgroup.unifiedDirectory else { return }
        try Files.makeDirectory("\(directory)/own", mode: 0o755)
        try write("\(process)", to: "\(directory)/own/cgroup.procs")
        try write("+hugetlb", to: "\(directory)/cgroup.subtree_control")
        let late = try child {}
        do {
            try cgroup.add(process: late)
            report("alone", "added")
        } catch { report("alone", "\(error.errno == .busy)") }
        try cgroup.add(process: late, beside: process)
        report("beside", text("\(directory)/own/cgroup.procs").split(separator: " ").count)
        report("recursive", try cgroup.processes().count)
        try Processes.kill(late, 9)
        _ = try Processes.wait(for: late)
    }

    /// Without privileges: nobody owns the trees, then a part of version 2's.
    static func delegated(id: String) throws {
        try coverWithUnified()
        let own = "/sys/fs/cgroup/\(id)-user"
        for directory in [own, "\(own)/session"] { try Files.makeDirectory(directory, mode: 0o755) }
        defer { for directory in ["\(own)/session", own] { try? Files.removeDirectory(directory) } }
        let process = try child {
            try write("0", to: "\(own)/session/cgroup.procs")
            var resources = LinuxResources()
            var memory = LinuxResources.Memory()
            memory.limit = 1 << 26
            resources.memory = memory
            let before = try asNobody { try ContainerCgroup.create(path: nil, id: id, resources: nil, rootless: true) }
            report("nothing", before)
            report(
                "limit",
                try asNobody { try ContainerCgroup.create(path: nil, id: id, resources: resources, rootless: true) })
            report(
                "path",
                try asNobody { try ContainerCgroup.create(path: "/\(id)", id: id, resources: nil, rootless: true) })
            for name in ["", "/cgroup.procs", "/cgroup.subtree_control"] {
                try OwnershipCalls.setOwner("\(own)\(name)", in: Files.currentDirectory, user: 65534, group: 65534)
            }
            report(
                "delegated",
                try asNobody { try ContainerCgroup.create(path: nil, id: id, resources: nil, rootless: true) })
            report("stands", (try? FileStatus.of("\(own)/martlet/\(id)")) != nil)
            for name in ["martlet/\(id)", "martlet"] { try? Files.removeDirectory("\(own)/\(name)") }
        }
        try Processes.kill(process, 9)
        _ = try Processes.wait(for: process)
    }

    /// What came of it in a process that has given its rights up.
    private static func asNobody(_ body: () throws -> ContainerCgroup) throws -> String {
        let pipe = try Descriptors.pipe()
        guard case .parent(let process) = try Processes.fork() else {
            var result = ""
            do {
                try Confinement.become(user: 65534, group: 65534, groups: [])
                let cgroup = try body()
                result = cgroup.groups.map(\.directory).joined(separator: " ")
                if result.isEmpty { result = "none" }
            } catch { result = "\(error)" }
            try? Files.writeAll(pipe.write.rawValue, Array(result.utf8))
            Processes.exit(0)
        }
        let reading = pipe.keepRead()
        let text = String(decoding: try Files.readAll(reading.rawValue, limit: 1 << 16), as: UTF8.self)
        _ = try Processes.wait(for: process)
        return text
    }
}
