import Cgroups
import SystemCalls

/// How a process comes into its container's control groups. Both sides of the fork hold it.
///
/// It begins in the group of version 2 and enters the others by itself; where it can't, the runtime puts it there.
final class GroupEntry {
    private(set) var cgroup: ContainerCgroup?
    private let unified: OwnedDescriptor?
    /// nil when the groups can't be entered by the process itself; nothing to enter is fine.
    private let entrances: CgroupEntrances?

    /// - Parameters:
    ///   - cgroup: nil for a process that enters none.
    ///   - inUnified: whether the process may begin in the group of version 2.
    init(_ cgroup: ContainerCgroup?, inUnified: Bool) throws(RuntimeFailure) {
        self.cgroup = cgroup
        let directory = inUnified ? cgroup?.unifiedDirectory : nil
        do throws(SystemCallError) {
            if let directory {
                unified = try Files.open(directory, flags: [.readOnly, .directory])
            } else {
                unified = nil
            }
        } catch { throw RuntimeFailure(.system, "control groups: \(error)") }
        guard let cgroup else {
            entrances = CgroupEntrances()
            return
        }
        do throws(CgroupError) { entrances = try cgroup.openEntrances(inUnified: directory != nil) } catch {
            throw RuntimeFailure(error)
        }
    }

    /// The directory in which clone3(2) makes the process.
    var directory: Int32? {
        switch unified {
        case .some(let unified): unified.rawValue
        case .none: nil
        }
    }

    /// Whether the process has to wait for `put`.
    var needsRuntime: Bool {
        switch entrances {
        case .some: false
        case .none: true
        }
    }

    /// In the new process.
    func enter() throws(RuntimeFailure) {
        switch entrances {
        case .some(let entrances):
            do throws(CgroupError) { try entrances.enter() } catch { throw RuntimeFailure(error) }
        case .none: return
        }
    }

    /// In the runtime: puts the process there, unless it enters by itself.
    ///
    /// - Parameter beside: a process of the container, where its groups may be divided by now.
    func put(_ process: Int32, beside: Int32? = nil) throws(RuntimeFailure) {
        guard needsRuntime else { return }
        do throws(CgroupError) {
            try cgroup?.add(process: process, inUnified: directory != nil, beside: beside)
        } catch { throw RuntimeFailure(error) }
    }
}
