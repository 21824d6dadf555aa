import SystemCalls

/// What a workload may do with an open file, or with everything below an open directory.
public struct PathRule: Hashable, Sendable {
    public enum Access: Hashable, Sendable {
        case readOnly
        case readWrite
    }

    /// Stays the caller's; it may be an O_PATH descriptor.
    public var descriptor: Int32
    public var access: Access

    public init(descriptor: Int32, access: Access) {
        self.descriptor = descriptor
        self.access = access
    }
}

/// The TCP ports that a workload may use. (Landlock knows no UDP: that stands in the host calls' policy alone.)
public enum PortRules: Hashable, Sendable {
    case denied
    case granted(bind: [UInt16], connect: Connect)

    public enum Connect: Hashable, Sendable {
        case anyPort
        case ports([UInt16])
    }
}

/// Whether Landlock's rules are a part of the sandbox.
public enum LandlockDemand: Hashable, Sendable {
    /// As far as the kernel has them; what it lacks is a note.
    case bestEffort
    case off
}

/// The Landlock rules of one workload.
struct LandlockDomain {
    let paths: [PathRule]
    let ports: PortRules
    let demand: LandlockDemand

    /// The first ABI that restricts TCP ports, and the first with scopes.
    static let portsVersion: Int32 = 4
    static let scopesVersion: Int32 = 6

    private static let reading: Landlock.FileRights = [.readFile, .readDirectory]
    /// No devices, no sockets, no pipes, no execution: a guest has no use for them.
    private static let writing: Landlock.FileRights = [
        .readFile, .readDirectory, .writeFile, .truncate, .makeRegular, .makeDirectory, .makeSymbolicLink, .removeFile,
        .removeDirectory, .refer,
    ]
    /// What a rule on a single file may name; the kernel refuses the others there.
    private static let ofFiles: Landlock.FileRights = [.readFile, .writeFile, .truncate]

    /// Puts the rules in force.
    func enter() throws(SandboxError) -> [SandboxNote] {
        if demand == .off { return [] }
        let version = Landlock.version
        let notes = SandboxNote.of(version: version, true)
        guard version > 0 else { return notes }
        do throws(SystemCallError) {
            try restrict(version)
        } catch { throw .refused(step: "Landlock", cause: error) }
        return notes
    }

    private func restrict(_ version: Int32) throws(SystemCallError) {
        let handled = Landlock.FileRights.known(to: version)
        let network = version >= Self.portsVersion ? handledNetworkRights : []
        let scopes: Landlock.Scopes = version >= Self.scopesVersion ? [.abstractSockets, .signals] : []
        let ruleset = try Landlock.createRuleset(files: handled, network: network, scopes: scopes)
        for rule in paths {
            var rights = rule.access == .readWrite ? Self.writing : Self.reading
            if try FileStatus.of(rule.descriptor).kind != .directory { rights.formIntersection(Self.ofFiles) }
            try Landlock.allow(rights.intersection(handled), beneath: rule.descriptor, in: ruleset.rawValue)
        }
        try allowPorts(in: ruleset.rawValue, handled: network)
        try Landlock.restrict(to: ruleset.rawValue)
    }

    private var handledNetworkRights: Landlock.NetworkRights {
        if case .granted(_, connect: .anyPort) = ports { .bindTCP } else { [.bindTCP, .connectTCP] }
    }

    private func allowPorts(in ruleset: Int32, handled: Landlock.NetworkRights) throws(SystemCallError) {
        guard !handled.isEmpty, case .granted(let bind, let connect) = ports else { return }
        for port in bind { try Landlock.allow(.bindTCP, port: port, in: ruleset) }
        if case .ports(let outbound) = connect {
            for port in outbound { try Landlock.allow(.connectTCP, port: port, in: ruleset) }
        }
    }
}
