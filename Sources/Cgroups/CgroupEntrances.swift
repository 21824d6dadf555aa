import SystemCalls

/// Files by which a process enters a container's groups itself: opened by the runtime, written by its child.
///
/// Moving another process makes the kernel wait until no processor is in the middle of a fork: 7 to 17 ms for the first
/// tree. A process with one thread that moves itself by a `tasks` file of version 1 waits for nobody: 0.03 ms a tree.
/// The kernel asks for the rights of whoever opened the file, so that a child may enter that has given its own up.
public struct CgroupEntrances: ~Copyable {
    private var files = OwnedDescriptors()
    /// Those that the files belong to.
    private var groups: [ContainerCgroup.Group] = []

    public init() {}

    fileprivate mutating func add(_ file: consuming OwnedDescriptor, of group: ContainerCgroup.Group) {
        files.add(file)
        groups.append(group)
    }

    /// Enters all of them: for a process with one thread.
    public borrowing func enter() throws(CgroupError) {
        for (file, group) in zip(files.numbers, groups) {
            do throws(SystemCallError) { try Self.enter(group, by: file) } catch {
                throw CgroupError(SystemCallError(error.call, group.directory, error.errno))
            }
        }
    }

    /// The files, for a process that gets them by a message and enters by `enter(_:)`.
    public borrowing func descriptors() -> [Int32] { files.numbers }

    /// Enters by files that another process has opened: for a process with one thread.
    public static func enter(_ files: [Int32]) throws(SystemCallError) {
        for file in files { try Files.writeAll(file, [UInt8(ascii: "0")]) }
    }

    private static func enter(_ group: ContainerCgroup.Group, by file: Int32) throws(SystemCallError) {
        // 0 is whoever writes.
        let ourselves = [UInt8(ascii: "0")]
        do throws(SystemCallError) { try Files.writeAll(file, ourselves) } catch {
            guard error.errno == .noSpace, group.controllers.contains("cpuset") else { throw error }
            try Cpuset.inherit(group.directory)
            try Files.writeAll(file, ourselves)
        }
    }
}

extension ContainerCgroup {
    /// Whether the container made groups below its own one of version 2, which then takes no processes itself.
    public var isDivided: Bool {
        guard let directory = unified?.directory else { return false }
        // The number of links counts the directories; a file system that doesn't count says 1.
        guard let links = try? FileStatus.of(directory).links else { return false }
        return links != 2
    }

    /// Opens the entrances for a process to which the groups' paths mean nothing any more.
    public func openEntrancesForAnother() throws(CgroupError) -> CgroupEntrances? {
        do throws(SystemCallError) {
            // What `enter` does for itself when the kernel refuses it.
            for group in groups where group.controllers.contains("cpuset") { try Cpuset.inherit(group.directory) }
        } catch { throw CgroupError(error) }
        return try openEntrances(inUnified: false)
    }

    /// Opens the entrances; nil while systemd has to be given a process first, where the container's own group of version 2 is
    /// divided and takes none, or where a user's systemd may have to be asked: then by `add`.
    ///
    /// - Parameter inUnified: clone3 makes the process in `unifiedDirectory`. Without, it waits there as if another
    ///   moved it.
    public func openEntrances(inUnified: Bool) throws(CgroupError) -> CgroupEntrances? {
        guard awaited == nil, unit?.belongsToUser != true, inUnified || !isDivided else { return nil }
        var entrances = CgroupEntrances()
        for group in groups where !(group.isUnified && inUnified) {
            let name = group.isUnified ? "cgroup.procs" : "tasks"
            do throws(SystemCallError) {
                entrances.add(try Files.open("\(group.directory)/\(name)", flags: .writeOnly), of: group)
            } catch { throw CgroupError(error) }
        }
        return entrances
    }
}
