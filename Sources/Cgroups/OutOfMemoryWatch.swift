import SystemCalls

/// Tells when the kernel kills in a container for want of memory: for `events`.
///
///     var watch = try cgroup.outOfMemoryWatch()
///     // wait until watch.descriptor is readable, then:
///     switch try watch.next() { … }
public struct OutOfMemoryWatch: ~Copyable {
    public enum Change: Equatable, Sendable {
        /// Something else: wait again.
        case nothing
        /// The limit was reached and nothing could be freed.
        case outOfMemory
        /// The container's group is gone: nothing will come any more.
        case ended
    }

    private let source: OwnedDescriptor
    /// Version 1: the notification lasts as long as this is open.
    private let control: OwnedDescriptor?
    private let group: ContainerCgroup.Group
    private var seen: UInt64

    /// To poll: readable when `next` has something to look at.
    public var descriptor: Int32 { source.rawValue }

    private init(
        source: consuming OwnedDescriptor, control: consuming OwnedDescriptor?, group: ContainerCgroup.Group
    ) {
        self.source = source
        self.control = control
        self.group = group
        seen = Self.count(group) ?? 0
    }

    static func unified(_ group: ContainerCgroup.Group) throws(SystemCallError) -> OutOfMemoryWatch {
        let files = ["memory.events", "cgroup.events"].map { "\(group.directory)/\($0)" }
        return OutOfMemoryWatch(source: try EventSources.modifications(of: files), control: nil, group: group)
    }

    /// The kernel counts up the first descriptor when something happens to the second.
    static func legacy(_ group: ContainerCgroup.Group) throws(SystemCallError) -> OutOfMemoryWatch {
        let source = try EventSources.counter()
        let control = try Files.open("\(group.directory)/memory.oom_control", flags: .readOnly)
        try GroupFile.write("\(source.rawValue) \(control.rawValue)", to: "cgroup.event_control", of: group.directory)
        return OutOfMemoryWatch(source: source, control: control, group: group)
    }

    /// Takes what has happened; never waits.
    public mutating func next() throws(CgroupError) -> Change {
        do throws(SystemCallError) {
            guard try EventSources.drain(source.rawValue) else { return .nothing }
        } catch { throw CgroupError(error) }
        guard let count = Self.count(group) else { return .ended }
        if !group.isUnified {
            seen = count
            return .outOfMemory
        }
        if count > seen {
            seen = count
            return .outOfMemory
        }
        let counters = try? GroupFile.text("cgroup.events", of: group.directory)
        return counters.flatMap { Counters($0)["populated"] } == 0 ? .ended : .nothing
    }

    /// nil when the group is gone.
    private static func count(_ group: ContainerCgroup.Group) -> UInt64? {
        let name = group.isUnified ? "memory.events" : "memory.oom_control"
        guard let text = try? GroupFile.text(name, of: group.directory) else { return nil }
        let counters = Counters(text)
        return group.isUnified ? max(counters["oom"] ?? 0, counters["oom_kill"] ?? 0) : counters["oom_kill"] ?? 0
    }
}

extension ContainerCgroup {
    /// Begins to watch for want of memory.
    public func outOfMemoryWatch() throws(CgroupError) -> OutOfMemoryWatch {
        guard let group = group("memory", "memory") else {
            throw CgroupError("the container has no group with a memory controller to watch")
        }
        do throws(SystemCallError) {
            return try group.isUnified ? .unified(group) : .legacy(group)
        } catch { throw CgroupError(error) }
    }
}
