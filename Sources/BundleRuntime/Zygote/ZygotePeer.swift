import SystemCalls

/// Who connected, held against who the zygote is: it never does for a client what the client couldn't do itself.
///
/// The same user, by the kernel's word; the same namespaces and the same root, or paths would mean something else; at least
/// the zygote's capabilities, no seccomp filter and no security label that the zygote doesn't have. Whoever differs starts
/// his containers himself.
struct ZygotePeer: Equatable, Sendable {
    private struct Identity: Equatable {
        /// Devices and inodes.
        var places: [[UInt64]] = []
        var user: Substring?
        var group: Substring?
        var groups: Substring?
        var capabilities: [UInt64] = []
        var noNewPrivileges: Substring?
        var filter: Substring?
        /// How many filters: a client that stands under a further one than the zygote could do less.
        var filterCount: Substring?
        var label: [UInt8] = []
    }

    private static let namespaces = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"]
    private static let capabilitySets = ["CapPrm", "CapEff", "CapBnd"]
    private static let sizeLimit = 64 << 10

    private var identity: Identity

    /// A process as /proc shows it, by its number or `self`.
    init(_ process: String) throws(SystemCallError) {
        let folder = "/proc/\(process)"
        var identity = Identity()
        for name in Self.namespaces.map({ "ns/\($0)" }) + ["root"] {
            let status = try FileStatus.of("\(folder)/\(name)", followLinks: true)
            identity.places.append([status.device, status.inode])
        }
        let status = String(
            decoding: try Files.contents(of: "\(folder)/status", limit: Self.sizeLimit), as: UTF8.self)
        for line in status.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " }
            switch line[..<colon] {
            case "Uid": identity.user = value
            case "Gid": identity.group = value
            case "Groups": identity.groups = value
            case "NoNewPrivs": identity.noNewPrivileges = value
            case "Seccomp": identity.filter = value
            case "Seccomp_filters": identity.filterCount = value
            case let name where Self.capabilitySets.contains(String(name)):
                identity.capabilities.append(UInt64(value, radix: 16) ?? 0)
            default: break
            }
        }
        // Kernels without a security module, or with one that doesn't label, have no such file.
        identity.label = (try? Files.contents(of: "\(folder)/attr/current", limit: Self.sizeLimit)) ?? []
        self.identity = identity
    }

    /// Why this client isn't served by a zygote that is `zygote`; nil when it is.
    func difference(to zygote: ZygotePeer) -> String? {
        let own = zygote.identity
        if identity.user != own.user || identity.group != own.group || identity.groups != own.groups {
            return "another user or group"
        }
        if identity.places != own.places { return "other namespaces, or another root" }
        let hasAll = zip(identity.capabilities, own.capabilities).allSatisfy { $0 & $1 == $1 }
        guard hasAll, identity.capabilities.count == own.capabilities.count else { return "fewer capabilities" }
        if identity.noNewPrivileges != own.noNewPrivileges { return "no_new_privs" }
        if identity.filter != own.filter || identity.filterCount != own.filterCount { return "a seccomp filter" }
        if identity.label != own.label { return "another security label" }
        return nil
    }

    /// Looks at who is at the other end of a connection.
    ///
    /// - Returns: why it isn't served; nil when it is.
    static func refusal(of connection: Int32, by zygote: ZygotePeer) -> String? {
        do throws(SystemCallError) {
            let peer = try PacketSockets.peer(of: connection)
            guard peer.user == Processes.effectiveUser else { return "another user" }
            guard peer.process > 0 else { return "another pid namespace" }
            let process = try PacketSockets.peerDescriptor(of: connection, peer)
            let client = try ZygotePeer(String(peer.process))
            // Looked at by its number: it has to live still, or that was somebody else.
            var requests = [PollRequest(process.rawValue, .readable)]
            guard try Poll.wait(&requests, timeout: 0) == 0 else { return "a process that has ended" }
            return client.difference(to: zygote)
        } catch { return "\(error)" }
    }
}
