import Cgroups
import ContainerMounts
import OCISpec
import SystemCalls

extension ContainerPlan {
    /// The user of the host who gets the container's group; nil when nobody does (config-linux.md, "Cgroup ownership").
    ///
    /// Whoever sees the group writable in a cgroup namespace of its own is meant to make groups below it.
    var groupOwner: UInt32? {
        guard namespaces.new.contains(.cgroup), let user = configuration.process?.user.uid else { return nil }
        let showsGroups = mounts.mounts.contains { mount in
            mount.destination == CgroupMount.place && !mount.options.own.set.contains(.readOnly)
                && configuration.mounts[mount.index].source == CgroupMount.source
        }
        guard showsGroups else { return nil }
        // In a joined user namespace the configuration doesn't tell who that is.
        let owner = namespaces.hasUser ? IDMapping.host(user, configuration.linux.uidMappings) : user
        return owner == Processes.effectiveUser ? nil : owner
    }

    /// As the specification knows the mount by.
    private enum CgroupMount {
        static let place = "/sys/fs/cgroup"
        static let source = "cgroup"
    }
}

extension ContainerMaking {
    /// Gives the group of version 2 away; the first process is in it, and nothing of the container's has run.
    func giveGroupAway() throws(RuntimeFailure) {
        guard let cgroup, let owner = plan.groupOwner else { return }
        do throws(CgroupError) { try cgroup.give(to: owner) } catch {
            // The specification leaves it to us, and without privileges a file is given to nobody else.
            if error.errno == .notPermitted, Processes.effectiveUser != 0 { return }
            throw RuntimeFailure(error)
        }
    }
}
