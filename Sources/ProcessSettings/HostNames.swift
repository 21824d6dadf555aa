import FieldErrors
import OCISpec
import SystemCalls

/// `hostname` and `domainname`, in a UTS namespace that isn't the runtime's.
public struct HostNames: Equatable, Sendable {
    let host: String?
    let domain: String?

    /// The kernel's __NEW_UTS_LEN.
    public static let lengthLimit = 64

    public init(_ configuration: RuntimeConfiguration) throws(FieldError) {
        host = try Self.name(configuration.hostname, "hostname", configuration.linux)
        domain = try Self.name(configuration.domainname, "domainname", configuration.linux)
    }

    private static func name(
        _ name: String?, _ field: String, _ linux: LinuxConfiguration
    ) throws(FieldError) -> String? {
        guard let name, !name.isEmpty else { return nil }
        guard linux.namespace(.uts) != nil else {
            throw FieldError(field, "needs a namespace of type uts in linux.namespaces: it would change the host's")
        }
        guard name.utf8.count <= lengthLimit else {
            throw FieldError(field, "has \(name.utf8.count) bytes, the kernel takes \(lengthLimit)")
        }
        guard !name.utf8.contains(0) else { throw FieldError(field, "has a NUL") }
        return name
    }

    /// Sets them, from inside of the namespace.
    public func apply() throws(FieldError) {
        if let host {
            try asking("hostname") { () throws(SystemCallError) in try Namespaces.setHostName(host) }
        }
        if let domain {
            try asking("domainname") { () throws(SystemCallError) in try Namespaces.setDomainName(domain) }
        }
    }
}
