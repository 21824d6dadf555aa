import Cgroups
import ProbeRunner
import SystemCalls

/// Runs `CgroupProbe`, which the package builds beside the tests.
enum CgroupProbe {
    struct Report: CustomStringConvertible {
        let facts: [(name: String, value: String)]

        func value(_ name: String) -> String? { facts.last { $0.name == name }?.value }
        var description: String { facts.map { "\($0.name)=\($0.value)" }.joined(separator: "\n") }
    }

    /// - Parameter id: what the container is called; a prefix of the test's own.
    static func run(_ scenario: String, id: String) throws -> Report {
        let own = try Files.target(ofLink: "/proc/self/exe")
        let path = own[..<(own.lastIndex(of: "/") ?? own.endIndex)] + "/CgroupProbe"
        let outcome = try ChildProgram.run(
            String(path), arguments: ["probe", scenario, "\(id)-\(Processes.current)"], environment: [],
            input: .bytes([]),
            outputLimit: 1 << 20, timeout: .seconds(60))
        let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        return Report(
            facts: lines.map { line in
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
            })
    }
}

/// What this machine offers to tests.
enum Here {
    static let isRoot = Processes.effectiveUser == 0

    static let hierarchy = (try? CgroupHierarchy.current(withRoots: true)) ?? CgroupHierarchy(trees: [])

    /// Whether a controller is mounted as version 1.
    static func hasLegacy(_ controller: String) -> Bool {
        isRoot && hierarchy.trees.contains { $0.controllers.contains(controller) }
    }

    /// Whether version 2 has a controller.
    static func hasUnified(_ controller: String) -> Bool {
        guard isRoot, let tree = hierarchy.trees.first(where: \.isUnified),
            let text = try? Files.contents(of: "\(tree.mountPoint)/cgroup.controllers", limit: 4096)
        else { return false }
        return String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).contains(
            Substring(controller))
    }

    static var hasUnifiedTree: Bool { isRoot && hierarchy.trees.contains(where: \.isUnified) }
}

/// The text of a file in one line.
func words(_ path: String) -> String? {
    guard let bytes = try? Files.contents(of: path, limit: 1 << 20) else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
}
