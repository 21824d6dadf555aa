import FieldErrors
import SystemCalls

/// What a bind's options want otherwise than the host has it, where a user namespace has no say in it.
///
/// A mount namespace of a user namespace's own gets the host's mounts with their flags locked: read-only, nodev, nosuid, noexec
/// and how access times are kept (mount_namespaces(7)). `MountSources` copies its trees outside, where nothing is locked yet, so
/// that the kernel would grant what the container could never have done itself: it is refused here, as runc does.
struct LockedFlags {
    /// A mount's line in the host's table.
    struct HostMount: Equatable {
        var number: UInt64
        var parent: UInt64
        var point: String
        var attributes: Mounts.Attributes
    }

    private let mounts: [HostMount]

    /// Whether an option could ask for it: most binds need no look at the table, which is long on some hosts.
    static func couldRefuse(_ options: MountOptions) -> Bool {
        [options.own, options.recursive].contains { change in
            !change.clear.isDisjoint(with: lockable) || !change.set.isDisjoint(with: timeKeeping)
        }
    }

    /// From the table of this process.
    init(field: String) throws(FieldError) {
        let table = try asking(field) { () throws(SystemCallError) in
            try Files.contents(of: "/proc/self/mountinfo", limit: 4 << 20)
        }
        self.init(table: String(decoding: table, as: UTF8.self))
    }

    /// Pure: from the text of /proc/self/mountinfo.
    init(table: String) {
        mounts = table.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 6)
            guard fields.count == 7, let number = UInt64(fields[0]), let parent = UInt64(fields[1]) else { return nil }
            return HostMount(
                number: number, parent: parent, point: MountTable.unescaped(fields[4]),
                attributes: Self.attributes(fields[5]))
        }
    }

    /// - Parameters:
    ///   - source: of the bind, open.
    ///   - path: as the configuration has it, for the error.
    func check(_ mount: PlannedMount, source: Int32, path: String) throws(FieldError) {
        let field = "\(mount.field).options"
        let number = try asking(field) { () throws(SystemCallError) in try MountedFile.of(source).mount }
        guard let top = mounts.first(where: { $0.number == number }) else { return }
        try Self.check(mount.options.own, against: top, prefix: "", field, path)
        if mount.options.recursive.isEmpty { return }
        try Self.check(mount.options.recursive, against: top, prefix: "r", field, path)
        guard case .bind(_, recursive: true) = mount.action else { return }
        let folder = try asking(field) { () throws(SystemCallError) in
            try Files.target(ofLink: "/proc/self/fd/\(source)")
        }
        for below in inside(folder, of: top) {
            try Self.check(mount.options.recursive, against: below, prefix: "r", field, below.point)
        }
    }

    /// The mounts that a recursive copy of a folder has beside the one that the folder lies on.
    func inside(_ folder: String, of top: HostMount) -> [HostMount] {
        let prefix = folder == "/" ? "/" : folder + "/"
        var found: Set<UInt64> = [top.number]
        // A mount stands behind the one that it is mounted on, unless that was mounted later somewhere else and moved: the table
        // is gone through until nothing is new.
        var all: [HostMount] = []
        while true {
            let more = mounts.filter {
                found.contains($0.parent) && !found.contains($0.number) && $0.point.hasPrefix(prefix)
            }
            if more.isEmpty { return all }
            all += more
            found.formUnion(more.map(\.number))
        }
    }

    private static func check(
        _ asked: MountOptions.Change, against host: HostMount, prefix: String, _ field: String, _ path: String
    ) throws(FieldError) {
        for flag in flags where asked.clear.contains(flag.attribute) && host.attributes.contains(flag.attribute) {
            throw refusal("\(prefix)\(flag.cleared)", host: flag.name, field, path)
        }
        let has = host.attributes.intersection(timeKeeping)
        var wanted = has.subtracting(asked.clear)
        // Of the ways to keep access times each one that is named clears all.
        wanted.formUnion(asked.set.intersection(timeKeeping))
        if wanted != has {
            throw refusal(prefix + word(timesOf: wanted), host: word(timesOf: has), field, path)
        }
    }

    private static func refusal(_ word: String, host: String, _ field: String, _ path: String) -> FieldError {
        FieldError(
            field,
            "\"\(word)\" can't be had: \(printable(path)) is \(host) on the host, and a user namespace has to leave it so"
        )
    }
}

extension LockedFlags {
    private struct Flag {
        let attribute: Mounts.Attributes
        let name: String
        /// The option that clears it.
        let cleared: String
    }

    private static let flags = [
        Flag(attribute: .readOnly, name: "ro", cleared: "rw"),
        Flag(attribute: .noSetUserID, name: "nosuid", cleared: "suid"),
        Flag(attribute: .noDevices, name: "nodev", cleared: "dev"),
        Flag(attribute: .noExecution, name: "noexec", cleared: "exec"),
    ]
    private static let timeKeeping: Mounts.Attributes = [.accessTimeMask, .noDirectoryAccessTimes]
    private static let lockable = flags.reduce(timeKeeping) { $0.union($1.attribute) }

    /// From the sixth field of a line: "ro,nosuid,relatime".
    private static func attributes(_ words: Substring) -> Mounts.Attributes {
        var found: Mounts.Attributes = []
        // Without a word for it every access is noted.
        var times: Mounts.Attributes = .strictAccessTimes
        for word in words.split(separator: ",") {
            switch word {
            case "relatime": times = []
            case "noatime": times = .noAccessTimes
            case "nodiratime": found.insert(.noDirectoryAccessTimes)
            default:
                if let flag = flags.first(where: { $0.name == word }) { found.insert(flag.attribute) }
            }
        }
        return found.union(times)
    }

    private static func word(timesOf attributes: Mounts.Attributes) -> String {
        let times =
            switch attributes.intersection(.accessTimeMask) {
            case .noAccessTimes: "noatime"
            case .strictAccessTimes: "strictatime"
            default: "relatime"
            }
        return attributes.contains(.noDirectoryAccessTimes) ? times + ",nodiratime" : times
    }
}
