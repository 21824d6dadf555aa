import SystemCalls

/// The way into a container's groups for the process that opens it, or for a child of that process.
///
/// A process that another moves waits until all processors have passed a quiet state, because its threads must not change
/// meanwhile: 7 to 17 ms were measured. One with a single thread that moves itself through `tasks` doesn't: 0.03 ms a tree.
/// The kernel asks for the rights of whoever opened the files, so that a child may enter that has given its own up.
public struct CgroupEntrance: ~Copyable {
    private let doors: [Door]

    struct Door {
        let descriptor: Int32
        let group: ContainerCgroup.Group
    }

    init(_ doors: [Door]) { self.doors = doors }

    deinit {
        for door in doors { Self.close(door.descriptor) }
    }

    /// Moves the calling process, which must have one thread, into the groups.
    public consuming func enter() throws(CgroupError) {
        for door in doors {
            do throws(SystemCallError) {
                try Self.enter(door)
            } catch {
                throw CgroupError(SystemCallError("write", "\(door.group.directory)", error.errno))
            }
        }
    }

    private static func enter(_ door: Door) throws(SystemCallError) {
        // 0 is whoever writes.
        let ourselves = [UInt8(ascii: "0")]
        do throws(SystemCallError) {
            try Files.writeAll(door.descriptor, ourselves)
        } catch {
            guard error.errno == .noSpace, door.group.controllers.contains("cpuset") else { throw error }
            try Cpuset.inherit(door.group.directory)
            try Files.writeAll(door.descriptor, ourselves)
        }
    }

    private static func close(_ descriptor: Int32) { _ = OwnedDescriptor(adopting: descriptor) }
}

extension ContainerCgroup {
    /// Opens the way into the groups; nil while systemd has to be given a process first: then `add(process:)`.
    ///
    /// - Parameter inUnified: clone3 makes the child in `unifiedDirectory`.
    public func entrance(inUnified: Bool) throws(CgroupError) -> CgroupEntrance? {
        if awaited != nil { return nil }
        var doors: [CgroupEntrance.Door] = []
        do throws(SystemCallError) {
            for group in groups where !(group.isUnified && inUnified) {
                let name = group.isUnified ? "cgroup.procs" : "tasks"
                let file = try Files.open("\(group.directory)/\(name)", flags: .writeOnly)
                doors.append(.init(descriptor: file.release(), group: group))
            }
        } catch {
            // What is open is closed with the entrance that nobody gets.
            _ = CgroupEntrance(doors)
            throw CgroupError(error)
        }
        return CgroupEntrance(doors)
    }
}
