import ContainerMounts
import HostCapabilities

/// Where the names that a guest may look up come from. Outbound rules by name mean what is found here, so that none of it may
/// be an image's wherever they are all that holds the guest back.
public enum NameKnowledge: Hashable, Sendable {
    /// `/etc/hosts` and `/etc/resolv.conf` as the guest's process finds them before its sandbox closes.
    case ofProcess
    /// These files of the host, read by who makes the container: `nil` is none.
    ///
    /// - Parameter isHosts: whether they are the host's own, and not what an engine wrote for the container.
    case files(hosts: String?, resolver: String?, isHosts: Bool)
    case known(ResolverConfiguration)

    /// What `.files` hold, read now.
    public var read: NameKnowledge {
        guard case .files(let hosts, let resolver, let isHosts) = self else { return self }
        var configuration = ResolverConfiguration.load(hosts: hosts, resolver: resolver)
        configuration.trustsHosts = isHosts
        return .known(configuration)
    }

    var configuration: ResolverConfiguration {
        switch read {
        case .known(let configuration): configuration
        case .ofProcess, .files: .load()
        }
    }

    static let host = NameKnowledge.files(hosts: "/etc/hosts", resolver: "/etc/resolv.conf", isHosts: true)

    /// What the mounts of a container bring: engines write both files for it.
    ///
    /// - Parameter mounts: with normalized destinations; the last one at a place is seen.
    static func mounted(_ mounts: [Volume]) -> NameKnowledge {
        let source = { (place: String) in mounts.last { $0.destination == place }?.source }
        return .files(hosts: source("/etc/hosts"), resolver: source("/etc/resolv.conf"), isHosts: false)
    }
}
