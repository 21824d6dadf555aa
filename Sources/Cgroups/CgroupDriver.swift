/// Who makes a container's groups.
public enum CgroupDriver: String, Sendable {
    /// We do, in the file system.
    case filesystem = "cgroupfs"
    /// systemd does, as a scope, asked over its bus (`--systemd-cgroup`).
    case systemd
}

// The seam to the systemd driver. `ContainerCgroup` calls four functions:
//
//   SystemdDriver.create(path: String?, id: String, rootless: Bool) throws(CgroupError) -> SystemdUnit
//     Reads cgroupsPath (`slice:prefix:name`) and works out the unit's name and group. Nothing is made yet: systemd wants a
//     process to put into a scope.
//   SystemdDriver.start(_ unit: SystemdUnit, process: Int32, resources: LinuxResources?, unified: Bool) throws(CgroupError)
//     Makes the scope with the process inside and waits until systemd says that the job is done.
//   SystemdDriver.update(_ unit: SystemdUnit, resources: LinuxResources, unified: Bool) throws(CgroupError)
//   SystemdDriver.stop(_ unit: SystemdUnit) throws(CgroupError)
//
// What systemd has no property for (and everything again, so that both drivers end with the same values) is then written by
// the same code as without systemd, into the directories that `SystemdUnit.group` names.

/// A scope of systemd that holds one container.
public struct SystemdUnit: Sendable, Hashable {
    /// Such as `libpod-4711.scope`.
    public var name: String
    /// The slice that it stands in, such as `machine.slice`.
    public var slice: String
    /// Where systemd puts it, below the root of every hierarchy, such as `/machine.slice/libpod-4711.scope`.
    public var group: String
    /// Whether the user's own systemd makes it.
    public var belongsToUser: Bool

    public init(name: String, slice: String, group: String, belongsToUser: Bool) {
        self.name = name
        self.slice = slice
        self.group = group
        self.belongsToUser = belongsToUser
    }
}

// The seam to the device controller:
//
//   DeviceController.apply(_ rules: [LinuxDeviceRule], directory: String, unified: Bool) throws(CgroupError)
//     Lets the processes of the group use the devices that the rules, in their order, leave, and those that every container
//     has; an empty list leaves these alone. `unified`: a group of version 2, so by an eBPF program; otherwise by the files
//     of the devices controller.
