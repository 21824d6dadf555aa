import Foundation
import SystemCalls

/// What this machine lets a test do. A test that can't run here says so.
enum Machine {
    static let isRoot = Processes.effectiveUser == 0
    /// Containers, mounts and cgroups of the host's are root's.
    static let needsRoot = "making namespaces, mounts and cgroups needs root"

    /// How many times as long anything may take: MARTLET_SLOWNESS, for a processor that is emulated.
    static let slowness = Environment.value("MARTLET_SLOWNESS").flatMap(Int.init).map { min(max($0, 1), 100) } ?? 1

    /// The folders in which cgroups are made: one for each hierarchy.
    static let hierarchies: [String] = lines(of: "/proc/self/mountinfo").compactMap { line in
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), fields[dash + 1].hasPrefix("cgroup") else { return nil }
        return String(fields[4])
    }

    /// The tree of version 2, alone or beside those of version 1.
    static let unifiedHierarchy: String? = hierarchies.first { exists("\($0)/cgroup.controllers") }

    static func has(controller: String) -> Bool { hierarchies.contains { $0.hasSuffix("/\(controller)") } || isUnified }

    /// One tree of version 2 with the usual controllers.
    static let isUnified = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")

    static func program(_ name: String) -> String? {
        ChildProgram.find(name, searchPath: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    }

    static func lines(of file: String) -> [String] { text(of: file).split(separator: "\n").map(String.init) }

    /// What a file holds, also one whose size the kernel doesn't say; nothing when there is none.
    static func text(of file: String) -> String {
        guard let descriptor = try? Files.open(file, flags: .readOnly) else { return "" }
        return String(decoding: (try? Files.readAll(descriptor.rawValue, limit: 64 << 20)) ?? [], as: UTF8.self)
    }

    static func exists(_ path: String) -> Bool { (try? FileStatus.of(path)) != nil }

    /// Writes into a file of the kernel's.
    static func write(_ text: String, to file: String) throws {
        let opened = try Files.open(file, flags: .writeOnly)
        try Files.writeAll(opened.rawValue, Array(text.utf8))
    }

    /// Asks again and again until it is so, at most `seconds`.
    static func wait(seconds: Double = 10, until isSo: () throws -> Bool) rethrows -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds * Double(slowness))
        repeat {
            if try isSo() { return true }
            Thread.sleep(forTimeInterval: 0.01)
        } while Date() < deadline
        return try isSo()
    }

    /// Says what was left out, and why.
    static func skip(_ what: String) { print("skipped: \(what)") }
}
