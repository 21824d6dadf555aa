import SystemCalls

extension ContainerCgroup {
    /// A process that sleeps in the kernel may hold a freeze up: this long.
    private static let patience: UInt64 = 10_000_000_000

    /// Stops every process of the container, and returns when all have stopped.
    ///
    /// A container that can't be stopped within ten seconds is let go again.
    public func freeze() throws(CgroupError) {
        guard let group = freezer else { throw Self.noFreezer }
        do throws(SystemCallError) {
            let stopped =
                try group.isUnified ? Self.freezeUnified(group.directory) : Self.freezeLegacy(group.directory)
            if stopped { return }
            try Self.thaw(group)
        } catch { throw CgroupError(error) }
        throw CgroupError("the processes don't stop: one of them waits in the kernel (\(group.directory))")
    }

    /// Lets the container's processes go on.
    public func thaw() throws(CgroupError) {
        guard let group = freezer else { throw Self.noFreezer }
        do throws(SystemCallError) {
            try Self.thaw(group)
        } catch { throw CgroupError(error) }
    }

    /// Lets a process go on that is in a frozen group of version 1 which isn't the container's: one that was moved there can't
    /// even be killed.
    public static func thaw(groupOf process: Int32) throws(CgroupError) {
        let membership = try CgroupMembership.of(process)
        let hierarchy = try CgroupHierarchy.current(withRoots: true)
        guard let tree = hierarchy.trees.first(where: { $0.controllers.contains("freezer") }),
            let directory = membership.directory(in: tree), directory != tree.mountPoint
        else { return }
        do throws(SystemCallError) { try GroupFile.write("THAWED", to: "freezer.state", of: directory) } catch {
            throw CgroupError(error)
        }
    }

    /// Whether the container was told to stop; one in a frozen group above isn't.
    public var isFrozen: Bool {
        guard let group = freezer else { return false }
        if group.isUnified { return Self.number("cgroup.freeze", of: group) == 1 }
        return Self.number("freezer.self_freezing", of: group) == 1
    }

    var freezer: Group? { awaited == nil ? group("freezer", "freezer") : nil }

    private static var noFreezer: CgroupError {
        CgroupError("the container has no group with a freezer, so that it can't be paused")
    }

    private static func thaw(_ group: Group) throws(SystemCallError) {
        if group.isUnified {
            try GroupFile.write("0", to: "cgroup.freeze", of: group.directory)
        } else {
            try GroupFile.write("THAWED", to: "freezer.state", of: group.directory)
        }
    }

    /// The kernel says in `cgroup.events` when all have stopped, and wakes whoever polls the file.
    private static func freezeUnified(_ directory: String) throws(SystemCallError) -> Bool {
        try GroupFile.write("1", to: "cgroup.freeze", of: directory)
        let events = try Files.open("\(directory)/cgroup.events", flags: .readOnly)
        let end = Clocks.now(.monotonic) + patience
        while true {
            let text = String(decoding: try Files.prefix(events.rawValue, count: 4096), as: UTF8.self)
            if Counters(text)["frozen"] == 1 { return true }
            let now = Clocks.now(.monotonic)
            if now >= end { return false }
            var requests = [PollRequest(events.rawValue, .priority)]
            // Not longer than this, should a kernel forget to say.
            _ = try Poll.wait(&requests, timeout: min(end - now, 100_000_000))
        }
    }

    /// Version 1 stays in FREEZING when processes are made meanwhile, and only a new attempt catches those.
    private static func freezeLegacy(_ directory: String) throws(SystemCallError) -> Bool {
        let end = Clocks.now(.monotonic) + patience
        for attempt in 1... {
            try GroupFile.write("FROZEN", to: "freezer.state", of: directory)
            if try GroupFile.words("freezer.state", of: directory).first == "FROZEN" { return true }
            if Clocks.now(.monotonic) >= end { return false }
            if attempt % 25 == 0 { Pause.milliseconds(1) }
            if attempt % 50 == 0 {
                // Those who made the newcomers get a moment to end their work.
                try GroupFile.write("THAWED", to: "freezer.state", of: directory)
                Pause.milliseconds(10)
            }
        }
        return false
    }
}

extension PollEvents {
    /// POLLPRI: a file of the kernel has changed.
    static let priority = PollEvents(rawValue: 2)
}
