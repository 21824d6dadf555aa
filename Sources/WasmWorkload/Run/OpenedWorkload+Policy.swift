import HostCapabilities
import Sandbox
import SystemCalls
import WASIPreview1

// What the opened workload means for the two walls.

extension WorkloadPlan {
    /// What the person should know about the sandbox that this plan will have on this machine.
    public var sandboxNotes: [SandboxNote] {
        // In a network namespace of its own, with every address granted, the namespace is the wall.
        let reachesAll = OutboundRule.everyNetwork.allSatisfy(outbound.contains)
        let usesNetwork = network == .host && !(ports.isEmpty && outbound.isEmpty)
        return SandboxNote.here(restrictsPorts: usesNetwork && !reachesAll)
    }
}

extension OpenedWorkload {
    /// What the guest's environment of preview 1 is.
    var preview1: Preview1Configuration {
        var configuration = Preview1Configuration()
        configuration.arguments = plan.arguments.map { Array($0.utf8) }
        configuration.environment = environment.map { Array($0.utf8) }
        configuration.preopens = preopens
        configuration.listeners = listeners
        configuration.network = networkPolicy
        // Read while /etc is still in reach.
        if !plan.outbound.isEmpty { configuration.resolver = plan.names.configuration }
        return configuration
    }

    /// The plan's variables, and `LISTEN_FDS` when sockets are handed over, as sd_listen_fds(3) has it.
    private var environment: [String] {
        guard !listeners.isEmpty, !plan.environment.contains(where: { $0.hasPrefix("LISTEN_FDS=") }) else {
            return plan.environment
        }
        return plan.environment + ["LISTEN_FDS=\(listeners.count)"]
    }

    private var networkPolicy: NetworkPolicy {
        plan.network == .none ? .none : NetworkPolicy(ports: plan.ports, outbound: plan.outbound)
    }

    /// TCP ports that the outbound rules name. A rule for every port leaves all of them, and a name needs the DNS over TCP
    /// when an answer is long.
    private var connectRules: PortRules.Connect {
        let ports = plan.outbound.map(\.port)
        guard !ports.contains(nil) else { return .anyPort }
        return .ports(ports.compactMap { $0 } + (plan.outbound.isEmpty ? [] : [53]))
    }

    /// What the process keeps when the guest starts.
    ///
    /// - Parameters:
    ///   - threads: whether the module starts threads.
    ///   - sockets: whether it imports anything by which it could use a network.
    func sandbox(threads: Bool, sockets: Bool) -> SandboxPolicy {
        var policy = SandboxPolicy()
        policy.keepDescriptors = preopens.map { $0.directory.descriptor.rawValue } + listeners
        policy.user = user
        policy.paths = preopens.map { preopen in
            PathRule(
                descriptor: preopen.directory.descriptor.rawValue,
                access: preopen.directory.access == .readOnly ? .readOnly : .readWrite)
        }
        let usesNetwork = sockets && (!plan.ports.isEmpty || !plan.outbound.isEmpty)
        policy.ports = usesNetwork ? .granted(bind: plan.ports.map(\.hostPort), connect: connectRules) : .denied
        // Landlock knows no UDP: where nothing of it was granted, there is none. Names are looked up over it.
        let usesDatagrams = usesNetwork && (!plan.outbound.isEmpty || plan.ports.contains { $0.transport == .udp })
        policy.seccomp = SeccompProfile(network: usesNetwork, threads: threads, datagrams: usesDatagrams)
        return policy
    }
}
