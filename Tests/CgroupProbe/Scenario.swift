import Cgroups
import OCISpec
import SystemCalls

/// What a test can ask for.
enum Scenario {
    /// A container's whole life on this machine's own trees.
    static func life(id: String) throws {
        var cgroup = try ContainerCgroup.create(path: nil, id: id, resources: nil, rootless: false)
        defer { try? cgroup.delete() }
        report("groups", cgroup.groups.count)
        report("trees", try CgroupHierarchy.current(withRoots: true).trees.count)
        let entrance = try cgroup.openEntrances(inUnified: false)
        let process = try enter(entrance)
        report("entered", try count(of: process, in: cgroup))
        let second = try child {}
        try cgroup.add(process: second)
        report("added", try count(of: second, in: cgroup))
        report("processes", try cgroup.processes().sorted() == [process, second].sorted())
        try freezing(cgroup, process)
        report("statistics", try cgroup.statistics().tasks?.current ?? 0)
        try cgroup.freeze()
        try cgroup.kill(ignoring: [])
        report("killed", "\(try Processes.wait(for: process)) \(try Processes.wait(for: second))")
        try cgroup.delete()
        report("left", cgroup.groups.filter { (try? FileStatus.of($0.directory)) != nil }.count)
        try cgroup.delete()
        report("deletedTwice", true)
    }

    static func enter(_ entrance: consuming CgroupEntrances?) throws -> Int32 {
        var entrance = entrance
        return try child { if let doors = entrance.take() { try doors.enter() } }
    }

    private static func freezing(_ cgroup: ContainerCgroup, _ process: Int32) throws {
        try cgroup.freeze()
        report("frozen", cgroup.isFrozen)
        try cgroup.freeze()
        try cgroup.thaw()
        report("thawed", !cgroup.isFrozen)
    }

    static func movedFromOutside(id: String) throws {
        let start = Clocks.now(.monotonic)
        var cgroup = try ContainerCgroup.create(
            path: "/martlet-\(id)/inner/\(id)", id: id, resources: nil, rootless: false)
        report("createMicroseconds", (Clocks.now(.monotonic) - start) / 1000)
        defer {
            try? cgroup.delete()
            for group in cgroup.groups {
                let parts = group.directory.split(separator: "/")
                for count in 1...2 { try? Files.removeDirectory("/" + parts.dropLast(count).joined(separator: "/")) }
            }
        }
        let process = try child {}
        try cgroup.add(process: process)
        report("added", try count(of: process, in: cgroup) == cgroup.groups.count)
        try cgroup.signalAll(15)
        report("ended", "\(try Processes.wait(for: process))")
    }

    /// A child takes more than it may.
    static func memory(id: String) throws {
        var resources = LinuxResources()
        var memory = LinuxResources.Memory()
        memory.limit = 24 << 20
        memory.swap = 24 << 20
        resources.memory = memory
        let cgroup = try ContainerCgroup.create(path: nil, id: id, resources: resources, rootless: false)
        defer { try? cgroup.delete() }
        var watch = try cgroup.outOfMemoryWatch()
        report("before", "\(try watch.next())")
        let entrance = try cgroup.openEntrances(inUnified: false)
        let process = try enter(entrance, thenAllocate: 200 << 20)
        report("end", "\(try Processes.wait(for: process))")
        var requests = [PollRequest(watch.descriptor, .readable)]
        report("told", try Poll.wait(&requests, timeout: 5_000_000_000))
        report("change", "\(try watch.next())")
        report("kills", cgroup.outOfMemoryKills)
        report("peak", (try cgroup.statistics().memory?.memory.maximum ?? 0) > 20 << 20)
        try cgroup.delete()
        // The kernel tells in its own time.
        requests = [PollRequest(watch.descriptor, .readable)]
        _ = try Poll.wait(&requests, timeout: 5_000_000_000)
        report("after", "\(try watch.next())")
    }

    private static func enter(_ entrance: consuming CgroupEntrances?, thenAllocate bytes: Int) throws -> Int32 {
        var entrance = entrance
        switch try Processes.fork() {
        case .parent(let process): return process
        case .child:
            do {
                if let doors = entrance.take() { try doors.enter() }
            } catch { report("child", "\(error)") }
            var pages: [[UInt8]] = []
            for _ in 0..<(bytes >> 20) { pages.append([UInt8](repeating: 1, count: 1 << 20)) }
            Processes.exit(pages.isEmpty ? 1 : 0)
        }
    }

    /// Processes that make processes while they are killed, in groups below the container's.
    static func swarm(id: String) throws {
        let cgroup = try ContainerCgroup.create(path: nil, id: id, resources: nil, rootless: false)
        defer { try? cgroup.delete() }
        // Before there are groups below: then a process is put beside them by `add`.
        let entrance = try cgroup.openEntrances(inUnified: false)
        for group in cgroup.groups { try Files.makeDirectory("\(group.directory)/below", mode: 0o755) }
        SignalSet.ignore(17)
        _ = try enterAndFork(entrance)
        pause(milliseconds: 300)
        report("several", try cgroup.processes().count > 1)
        try cgroup.kill()
        report("left", try cgroup.processes().count)
        try cgroup.delete()
        report("deleted", cgroup.groups.allSatisfy { (try? FileStatus.of($0.directory)) == nil })
    }

    /// Each child makes the next and goes.
    private static func enterAndFork(_ entrance: consuming CgroupEntrances?) throws -> Int32 {
        var entrance = entrance
        return try child {
            if let doors = entrance.take() { try doors.enter() }
            SignalSet.ignore(17)
            for _ in 0..<4 {
                guard case .child = try Processes.fork() else { continue }
                var count = 0
                while count < 100_000 {
                    guard case .child = try Processes.fork() else { Processes.exit(0) }
                    count += 1
                }
                Processes.exit(0)
            }
        }
    }
}
