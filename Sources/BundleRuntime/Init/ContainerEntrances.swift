import Cgroups
import SystemCalls

/// `CgroupEntrances` that both sides of a fork hold.
final class ContainerEntrances {
    private let entrances: CgroupEntrances

    /// nil when the groups can't be entered by the process itself; nothing to enter is fine.
    init?(_ cgroup: ContainerCgroup?, inUnified: Bool) throws(RuntimeFailure) {
        guard let cgroup else {
            entrances = CgroupEntrances()
            return
        }
        do throws(CgroupError) {
            guard let opened = try cgroup.openEntrances(inUnified: inUnified) else { return nil }
            entrances = opened
        } catch { throw RuntimeFailure(error) }
    }

    func enter() throws(RuntimeFailure) {
        do throws(CgroupError) { try entrances.enter() } catch { throw RuntimeFailure(error) }
    }
}
