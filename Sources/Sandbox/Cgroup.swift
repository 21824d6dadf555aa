import SystemCalls

/// What a workload may use of the machine.
public struct CgroupLimits: Hashable, Sendable {
    /// Bytes, swap included.
    public var memory: UInt64?
    /// Thousandths of a CPU.
    public var milliCPUs: UInt32?

    public init(memory: UInt64? = nil, milliCPUs: UInt32? = nil) {
        self.memory = memory
        self.milliCPUs = milliCPUs
    }

    public var isEmpty: Bool { memory == nil && milliCPUs == nil }
}

/// The control groups of one workload: one directory with version 2, one for each controller with version 1.
public struct Cgroup: Hashable, Sendable {
    /// Where our groups stand, below the root of the tree.
    static let parentName = "martlet"

    public struct Directory: Hashable, Sendable {
        public var unified: Bool
        public var path: String

        public init(unified: Bool, path: String) {
            self.unified = unified
            self.path = path
        }
    }

    public let directories: [Directory]

    /// Groups that exist, as a record remembers them.
    public init(directories: [Directory]) { self.directories = directories }

    /// Makes the groups and sets their limits. What was made is removed again when something fails.
    ///
    /// - Parameter name: one path component, the container's id.
    public static func create(name: String, limits: CgroupLimits) throws(CgroupError) -> Cgroup {
        let hierarchy: CgroupHierarchy
        do throws(SystemCallError) {
            hierarchy = try .current()
        } catch { throw .unavailable(reason: "\(error)") }
        return try create(name: name, limits: limits, in: hierarchy)
    }

    static func create(name: String, limits: CgroupLimits, in hierarchy: CgroupHierarchy) throws(CgroupError) -> Cgroup
    {
        var made: [Directory] = []
        do throws(CgroupError) {
            for controller in CgroupHierarchy.Controller.allCases {
                guard let settings = CgroupSettings(controller, limits) else { continue }
                guard let place = hierarchy.places[controller] else {
                    throw .noController(controller.rawValue, option: settings.option)
                }
                let directory = try CgroupPlacement(place: place, controller: controller).makeGroup(
                    name, for: settings, existing: made)
                if !made.contains(directory) { made.append(directory) }
                try settings.apply(to: directory)
            }
        } catch {
            Cgroup(directories: made).remove()
            throw error
        }
        return Cgroup(directories: made)
    }

    /// Moves the calling process into the groups.
    public func join() throws(CgroupError) {
        for directory in directories {
            try CgroupFile(directory.path, "cgroup.procs").write("0", option: "--memory and --cpus")
        }
    }

    /// How many processes of the group the kernel killed for want of memory.
    public var outOfMemoryKills: UInt64 {
        for directory in directories {
            let file = CgroupFile(directory.path, directory.unified ? "memory.events" : "memory.oom_control")
            if let count = file.counter("oom_kill") { return count }
        }
        return 0
    }

    /// Removes the groups. One that still has a process stays; returns whether all are gone.
    @discardableResult
    public func remove() -> Bool {
        var gone = true
        for directory in directories {
            do throws(SystemCallError) {
                try Files.removeDirectory(directory.path)
            } catch {
                if error.errno != .noSuchFile { gone = false }
            }
        }
        return gone
    }
}

/// Why a limit can't be enforced.
public enum CgroupError: Error, Equatable, Sendable, CustomStringConvertible {
    case unavailable(reason: String)
    case noController(String, option: String)
    case refused(option: String, cause: SystemCallError)

    public var description: String {
        switch self {
        case .unavailable(let reason): "control groups: \(reason)"
        case .noController(let name, let option):
            "\(option): this machine has no \(name) control group (is it mounted below /sys/fs/cgroup?)"
        case .refused(let option, let cause):
            "\(option): \(cause); a limit needs a writable control group: run as root, or in a delegated one"
        }
    }
}
