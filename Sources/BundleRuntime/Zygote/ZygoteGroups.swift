import Cgroups
import SystemCalls

/// The control groups of clients: who works for a client stands in the client's groups, as the client would itself. What a
/// configuration says relative to them then means the same, and what the work costs is on the client's account.
struct ZygoteGroups: Sendable {
    private let trees: [CgroupHierarchy.Tree]
    private let own: CgroupMembership?
    /// As the kernel writes it: who stands where we do needs no further look.
    private let ownText: [UInt8]?

    /// What a forked process has to join.
    struct Join: ~Copyable {
        /// A directory of the v2 tree in which it begins; nil leaves it where the zygote is.
        let directory: OwnedDescriptor?
        /// Files of v1 groups in which a process with one thread puts itself.
        let files: [String]

        /// Nothing: the process is where it should be.
        init() {
            directory = nil
            files = []
        }

        init(directory: consuming OwnedDescriptor?, files: [String]) {
            self.directory = directory
            self.files = files
        }

        var isEmpty: Bool { unified == nil && files.isEmpty }

        var unified: Int32? {
            switch directory {
            case .some(let directory): directory.rawValue
            case .none: nil
            }
        }

        /// Called by the forked process.
        borrowing func enter() throws(SystemCallError) {
            for path in files {
                let file = try Files.open(path, flags: .writeOnly)
                try Files.writeAll(file.rawValue, [UInt8(ascii: "0")])
            }
        }
    }

    /// Without control groups there is nothing to join.
    init() {
        trees = (try? CgroupHierarchy.current(withRoots: true))?.trees ?? []
        own = try? CgroupMembership.of()
        ownText = Self.text("self")
    }

    private static func text(_ process: String) -> [UInt8]? {
        try? Files.contents(of: "/proc/\(process)/cgroup", limit: textLimit)
    }

    private static let textLimit = 1 << 20

    /// Where the process at the other end of a connection stands, as far as it is elsewhere than we are.
    func join(of connection: Int32) throws(SystemCallError) -> Join {
        let peer = try PacketSockets.peer(of: connection)
        if let ownText, Self.text("\(peer.process)") == ownText { return Join() }
        guard let theirs = try? CgroupMembership.of(peer.process), theirs != own else {
            return Join()
        }
        var directory: OwnedDescriptor?
        var files: [String] = []
        for tree in trees {
            guard let group = theirs.directory(in: tree), group != own?.directory(in: tree) else { continue }
            if tree.isUnified {
                directory = try Files.open(group, flags: [.path, .directory])
            } else {
                files.append("\(group)/tasks")
            }
        }
        return Join(directory: directory, files: files)
    }
}
