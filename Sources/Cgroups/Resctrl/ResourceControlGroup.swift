import JSON
import OCISpec
import SystemCalls

/// `linux.intelRdt`: a container's class of service for cache and memory bandwidth, in resctrl. config-linux.md, "IntelRdt".
public struct ResourceControlGroup: Equatable, Sendable {
    /// Of the class of service.
    public let directory: String
    /// Whether it was made for this container, and goes with it.
    public let isOwn: Bool
    /// The container's own group for monitoring, in the class; nil without.
    public let monitoring: String?

    static let field = "linux.intelRdt"

    /// Looks at what is asked for; nothing is made yet.
    ///
    /// - Parameters:
    ///   - root: where resctrl is mounted; nil is nowhere.
    /// - Throws: no resctrl; a class that isn't there and that nothing is said about.
    public init(_ asked: LinuxIntelRdt, id: String, root: String?) throws(CgroupError) {
        guard let root else {
            throw CgroupError(
                field: Self.field,
                "needs resctrl, which isn't mounted here; where the processor has it, mount it at /sys/fs/resctrl")
        }
        let name = asked.closID.flatMap { $0.isEmpty ? nil : $0 }
        directory = name == "/" ? root : "\(root)/\(name ?? id)"
        monitoring = asked.enableMonitoring ? "\(directory)/mon_groups/\(id)" : nil
        let isThere = (try? FileStatus.of(directory))?.kind == .directory
        isOwn = name == nil && !isThere
        if name != nil, !isThere, asked.lines.isEmpty {
            throw CgroupError(
                field: "\(Self.field).closID", "\(directory) isn't there; make it first, or say what its schemata are")
        }
        if name != nil, isThere { try Self.compare(asked, directory) }
    }

    /// Makes what is missing, and puts a process there with all that it forks from then on.
    public func make(_ asked: LinuxIntelRdt, process: Int32) throws(CgroupError) {
        try makeDirectory(directory, "closID")
        try update(asked)
        if let monitoring { try makeDirectory(monitoring, "enableMonitoring") }
        try add(process: process)
    }

    /// Changes what the class may use, for all that are in it; what isn't named stays.
    public func update(_ asked: LinuxIntelRdt) throws(CgroupError) {
        guard !asked.lines.isEmpty else { return }
        try write(asked.lines.map { $0 + "\n" }.joined(), "schemata", of: directory)
    }

    public func add(process: Int32) throws(CgroupError) {
        try write(String(process), "tasks", of: directory)
        if let monitoring { try write(String(process), "tasks", of: monitoring) }
    }

    /// Removes what is the container's alone. What isn't there any more is no error.
    public func remove() throws(CgroupError) {
        // A class goes with the groups in it.
        guard let path = isOwn ? directory : monitoring else { return }
        do throws(SystemCallError) { try Files.removeDirectory(path) } catch {
            guard error.errno == .noSuchFile else { throw CgroupError(field: Self.field, error) }
        }
    }

    private func makeDirectory(_ path: String, _ field: String) throws(CgroupError) {
        do throws(SystemCallError) { try Files.makeDirectory(path, mode: 0o755) } catch {
            guard error.errno != .exists else { return }
            throw CgroupError(field: "\(Self.field).\(field)", error, advice: status)
        }
    }

    private func write(_ text: String, _ file: String, of directory: String) throws(CgroupError) {
        let path = "\(directory)/\(file)"
        do throws(SystemCallError) {
            let file = try Files.open(path, flags: [.writeOnly, .create], mode: 0o600)
            try Files.writeAll(file.rawValue, Array(text.utf8))
        } catch {
            throw CgroupError(
                field: Self.field, SystemCallError(error.call, path, error.errno), advice: status)
        }
    }

    /// Bytes of what the kernel says about the last thing that it was asked for.
    private static let statusLimit = 4096

    private var status: String? {
        guard let end = directory.lastIndex(of: "/") else { return nil }
        for root in [directory, String(directory[..<end])] {
            guard let bytes = try? Files.contents(of: "\(root)/info/last_cmd_status", limit: Self.statusLimit) else {
                continue
            }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            return "resctrl says: \(lines.joined(separator: " "))"
        }
        return nil
    }
}

extension LinuxIntelRdt {
    /// What is written to `schemata`, in the specification's order.
    fileprivate var lines: [String] {
        ([l3CacheSchema, memBwSchema].compactMap { $0 } + schemata).filter { !$0.isEmpty }
    }
}

// A class that is there already has to be what is asked for.

extension ResourceControlGroup {
    private static let schemataLimit = 1 << 20

    private static func compare(_ asked: LinuxIntelRdt, _ directory: String) throws(CgroupError) {
        for (line, field) in [(asked.l3CacheSchema, "l3CacheSchema"), (asked.memBwSchema, "memBwSchema")] {
            guard let line, !line.isEmpty else { continue }
            let bytes: [UInt8]
            do throws(SystemCallError) {
                bytes = try Files.contents(of: "\(directory)/schemata", limit: schemataLimit)
            } catch { throw CgroupError(field: "\(Self.field).\(field)", error) }
            let found = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(Schema.init)
            let wanted = Schema(line[...])
            guard found.contains(where: { $0.includes(wanted) }) else {
                throw CgroupError(
                    field: "\(Self.field).\(field)",
                    "\(directory) exists, and its schemata say something else than \(line)")
            }
        }
    }

    /// One line: `L3:0=7f0;1=1f`. The kernel writes it with blanks in front and zeros before numbers.
    struct Schema: Equatable {
        let resource: Substring
        let values: [Substring: Substring]

        init(_ line: Substring) {
            let parts = line.split(separator: ":", maxSplits: 1)
            resource = parts.first.map(Self.trimmed) ?? ""
            var values: [Substring: Substring] = [:]
            for pair in (parts.count > 1 ? parts[1] : "").split(separator: ";") {
                let sides = pair.split(separator: "=", maxSplits: 1).map(Self.trimmed)
                if sides.count == 2 { values[sides[0]] = Self.number(sides[1]) }
            }
            self.values = values
        }

        func includes(_ other: Schema) -> Bool {
            resource == other.resource && other.values.allSatisfy { values[$0.key] == $0.value }
        }

        private static func trimmed(_ text: Substring) -> Substring {
            let start = text.drop { $0 == " " || $0 == "\t" }
            return start.prefix { $0 != " " && $0 != "\t" }
        }

        private static func number(_ text: Substring) -> Substring {
            let digits = text.lowercased()[...].drop { $0 == "0" }
            return digits.isEmpty ? "0" : digits
        }
    }
}
