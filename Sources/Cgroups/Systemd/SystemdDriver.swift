import OCISpec

/// Asks systemd for scopes. This file is replaced by the driver; it keeps the target whole until then.
enum SystemdDriver {
    static func create(path: String?, id: String, rootless: Bool) throws(CgroupError) -> SystemdUnit {
        throw CgroupError("the systemd driver isn't built in; leave --systemd-cgroup out")
    }

    static func start(
        _ unit: SystemdUnit, process: Int32, resources: LinuxResources?, unified: Bool
    ) throws(CgroupError) {
        throw CgroupError("the systemd driver isn't built in; leave --systemd-cgroup out")
    }

    static func update(_ unit: SystemdUnit, resources: LinuxResources, unified: Bool) throws(CgroupError) {
        throw CgroupError("the systemd driver isn't built in; leave --systemd-cgroup out")
    }

    static func stop(_ unit: SystemdUnit) throws(CgroupError) {
        throw CgroupError("the systemd driver isn't built in; leave --systemd-cgroup out")
    }
}
