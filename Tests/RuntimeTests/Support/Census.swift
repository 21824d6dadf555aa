import Foundation
import SystemCalls

/// What containers could leave behind on a machine, for one test's folder: taken twice, the two have to be the same.
struct Census: Equatable, CustomStringConvertible {
    /// Processes that have the test's folder in their command, their environment or their open files.
    var processes: Set<String> = []
    var mounts: Set<String> = []
    var cgroups: Set<String> = []
    var sockets: Set<String> = []
    var files: Set<String> = []

    /// What is there now.
    ///
    /// - Parameter ids: the containers' ids, which name cgroups.
    init(_ runtime: Runtime, ids: [String]) {
        let mark = runtime.folder.lastPathComponent
        let isOurs = { (text: String) in text.contains(mark) || ids.contains { text.contains($0) } }
        mounts = Set(Machine.lines(of: "/proc/self/mountinfo").filter(isOurs))
        sockets = Set(Machine.lines(of: "/proc/net/unix").filter(isOurs))
        let state = FileManager.default.enumerator(atPath: runtime.stateDirectory)
        files = Set(state?.compactMap { $0 as? String } ?? [])
        for hierarchy in Set(Machine.hierarchies) {
            let found = FileManager.default.enumerator(atPath: hierarchy)
            while let path = found?.nextObject() as? String {
                if isOurs(path), (try? FileStatus.of("\(hierarchy)/\(path)"))?.kind == .directory {
                    cgroups.insert("\(hierarchy)/\(path)")
                }
            }
        }
        let own = Processes.current
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = Int32(name), process != own else { continue }
            let command = Machine.text(of: "/proc/\(name)/cmdline").replacingOccurrences(of: "\0", with: " ")
            let isEnded = Machine.text(of: "/proc/\(name)/stat").contains(") Z ")
            if !isEnded,
                isOurs(command) || isOurs(Machine.text(of: "/proc/\(name)/environ")) || isOurs(Self.places(name))
            {
                processes.insert("\(name) \(command)")
            }
        }
    }

    /// Where a process stands and what it has open.
    private static func places(_ process: String) -> String {
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
        let links = ["cwd", "root", "exe"] + descriptors.map { "fd/\($0)" }
        return links.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/\($0)") }
            .joined(separator: "\n")
    }

    var isEmpty: Bool { [processes, mounts, cgroups, sockets, files].allSatisfy(\.isEmpty) }

    var description: String {
        [("processes", processes), ("mounts", mounts), ("cgroups", cgroups), ("sockets", sockets), ("files", files)]
            .filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.sorted().joined(separator: ", "))" }.joined(
                separator: "\n")
    }
}
