import Cgroups
import OCISpec

/// What this build of the runtime can do, whatever the machine.
enum RuntimeAbilities {
    static var features: RuntimeFeatures {
        var features = RuntimeFeatures()
        features.cgroup = .init(v1: true, v2: true, systemd: true, systemdUser: true, rdma: true)
        return features
    }

    /// Whether this machine has cgroup v2 and nothing else.
    static var hasOnlyUnifiedCgroups: Bool { (try? CgroupHierarchy.current(withRoots: false))?.isUnified == true }
}
