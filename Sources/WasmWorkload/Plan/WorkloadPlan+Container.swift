import ContainerMounts
import HostCapabilities
import OCISpec
import SystemCalls

extension WorkloadPlan {
    /// The plan for a container of an OCI bundle, whose mounts, user and namespaces are the container's.
    ///
    /// Binds are in `mounts` so that a program that stands in one is found; more of them may share a place, the last one is
    /// seen. In a network namespace of its own the guest binds its own ports and reaches what the namespace reaches, unless
    /// the annotation `dev.martlet.outbound` says less.
    ///
    /// - Parameters:
    ///   - bundle: absolute.
    ///   - root: the root's directory, absolute.
    ///   - hasOwnNetwork: whether its network namespace isn't the runtime's.
    ///   - hasGroups: whether control groups keep its limits. `update` changes them there, and nowhere else.
    public init(
        container configuration: RuntimeConfiguration, bundle: String, root: String, hasOwnNetwork: Bool,
        hasGroups: Bool
    ) throws(PlanError) {
        var bare = configuration
        bare.mounts = []
        if hasGroups { bare.linux.resources?.memory?.limit = nil }
        bare.root = .init(path: root, isReadOnly: configuration.root?.isReadOnly ?? false)
        try self.init(bundle: bare, directory: bundle, request: WorkloadRequest())
        user = nil
        for mount in configuration.mounts where mount.isBind {
            guard let source = mount.source else { continue }
            mounts.append(
                Volume(
                    source: source.isAbsolutePath ? source : "\(bundle)/\(source)",
                    destination: GuestPath.joined("/", mount.destination), isReadOnly: mount.isReadOnly))
        }
        guard hasOwnNetwork else {
            names = .host
            return
        }
        for index in ports.indices {
            ports[index].hostAddress = nil
            ports[index].hostPort = ports[index].guestPort
        }
        if outbound.isEmpty {
            // Every address is in reach, whatever its name.
            outbound = [OutboundRule(.all)] + OutboundRule.everyNetwork
        } else {
            names = .mounted(mounts)
        }
    }
}
