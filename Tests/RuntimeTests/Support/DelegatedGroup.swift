import Foundation
import SystemCalls

/// A part of version 1's trees that belongs to `OtherUser`.
struct DelegatedGroup {
    static let isPossible = Machine.isRoot && !Machine.isUnified && controllers.allSatisfy(Machine.has(controller:))
    static let isMissing = "root and trees of version 1 with pids and freezer are needed"

    private static let controllers = ["pids", "freezer"]
    private let name: String

    init(_ runtime: Runtime) throws {
        name = "\(runtime.folder.lastPathComponent)-user"
        for controller in Self.controllers {
            let directory = directory(controller)
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
            let owner = "\(OtherUser.number):\(OtherUser.number)"
            _ = try runtime.other(
                "/bin/chown", owner, directory, "\(directory)/cgroup.procs", "\(directory)/tasks")
        }
    }

    func directory(_ controller: String) -> String {
        let tree = Machine.hierarchies.first { $0.hasSuffix("/\(controller)") } ?? "/sys/fs/cgroup/\(controller)"
        return "\(tree)/\(name)"
    }

    /// In front of a program of the user's, which is in the part from the beginning.
    var entering: [String] {
        let files = Self.controllers.map { "\(directory($0))/cgroup.procs" }.joined(separator: " ")
        return ["/bin/sh", "-c", "for file in \(files); do echo $$ >$file; done; exec \"$@\"", "sh"]
    }

    /// Once nothing is in it.
    func remove() {
        for controller in Self.controllers {
            for path in ["\(directory(controller))/martlet", directory(controller)] {
                _ = Machine.wait(seconds: 2) { (try? Files.removeDirectory(path)) != nil || !Machine.exists(path) }
            }
        }
    }
}
