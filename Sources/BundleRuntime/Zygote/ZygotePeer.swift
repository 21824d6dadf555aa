import SystemCalls

/// Who connected, held against who the zygote is: it never does for a client what the client couldn't do itself.
///
/// The same user, by the kernel's word; the same namespaces and the same root, or paths would mean something else; at least
/// the zygote's capabilities, no seccomp filter and no security label that the zygote doesn't have; the same priorities and oom
/// score, which its containers have from it. Whoever differs starts his containers himself. What no file of /proc tells, a
/// `ZygoteProof` does.
struct ZygotePeer: Equatable, Sendable {
    private struct Identity: Equatable {
        /// A device and an inode each.
        var places: [UInt64] = []
        var user: String?
        var group: String?
        var groups: String?
        var capabilities: [UInt64] = []
        var noNewPrivileges: String?
        var filter: String?
        /// How many filters: a client that stands under a further one than the zygote could do less.
        var filterCount: String?
        var label: [UInt8] = []
        /// What a container has from who makes it: how it shares the machine, and how soon the kernel ends it for memory.
        var shares: ProcessAttributes.Shares?
        var oomScore: [UInt8] = []
    }

    private static let places = [
        "ns/user", "ns/mnt", "ns/pid", "ns/net", "ns/ipc", "ns/uts", "ns/cgroup", "ns/time", "root",
    ]
    private static let sizeLimit = 64 << 10

    private var identity: Identity

    /// A process as /proc shows it, by its number or `self`.
    ///
    /// - Parameter hasLabel: whether processes have a security label here at all, which the kernel decides for all of them.
    init(_ process: String, hasLabel: Bool = true) throws(SystemCallError) {
        let folder = try Files.open("/proc/\(process)", flags: [.path, .directory])
        var identity = Identity()
        identity.places.reserveCapacity(2 * Self.places.count)
        for place in Self.places {
            let status = try FileStatus.of(place, in: folder.rawValue, followLinks: true)
            identity.places.append(status.device)
            identity.places.append(status.inode)
        }
        let status = try Files.contents(of: "status", in: folder.rawValue, limit: Self.sizeLimit)
        for line in status.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            var value: String {
                let text = line[(colon + 1)...].drop { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
                return String(decoding: text, as: UTF8.self)
            }
            switch String(decoding: line[..<colon], as: UTF8.self) {
            case "Uid": identity.user = value
            case "Gid": identity.group = value
            case "Groups": identity.groups = value
            case "NoNewPrivs": identity.noNewPrivileges = value
            case "Seccomp": identity.filter = value
            case "Seccomp_filters": identity.filterCount = value
            case "CapPrm", "CapEff", "CapBnd":
                identity.capabilities.append(UInt64(value, radix: 16) ?? 0)
            default: break
            }
        }
        // Kernels without a security module, or with one that doesn't label, have no such file.
        if hasLabel {
            identity.label =
                (try? Files.contents(of: "attr/current", in: folder.rawValue, limit: Self.sizeLimit)) ?? []
        }
        identity.oomScore = try Files.contents(of: "oom_score_adj", in: folder.rawValue, limit: Self.sizeLimit)
        identity.shares = try ProcessAttributes.Shares(of: Int32(process) ?? 0)
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
        if identity.shares != own.shares || identity.oomScore != own.oomScore { return "another priority or oom score" }
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
            let client = try ZygotePeer(String(peer.process), hasLabel: !zygote.identity.label.isEmpty)
            // Looked at by its number: it has to live still, or that was somebody else.
            var requests = [PollRequest(process.rawValue, .readable)]
            guard try Poll.wait(&requests, timeout: 0) == 0 else { return "a process that has ended" }
            return client.difference(to: zygote)
        } catch { return "\(error)" }
    }
}
