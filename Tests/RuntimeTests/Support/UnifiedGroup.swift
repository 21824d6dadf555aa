import Foundation
import JSON
import SystemCalls

/// A container's group of version 2, as the kernel shows it.
struct UnifiedGroup {
    static let root = "/sys/fs/cgroup"

    /// Below `root`, such as `/martlet/ID`.
    let path: String

    /// Where a process stands now.
    init(of process: Int32) {
        let line = Machine.lines(of: "/proc/\(process)/cgroup").first { $0.hasPrefix("0::") }
        path = String(line?.dropFirst(3) ?? "")
    }

    init(path: String) { self.path = path }

    var directory: String { Self.root + path }

    /// What one of its files says, without the end of the line; empty where there is none.
    func callAsFunction(_ file: String) -> String {
        Machine.text(of: "\(directory)/\(file)").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// One line of a file such as `memory.events`.
    func counter(_ name: String, in file: String) -> Int? {
        let line = Machine.lines(of: "\(directory)/\(file)").first { $0.hasPrefix("\(name) ") }
        return line.flatMap { Int($0.dropFirst(name.count + 1)) }
    }

    /// Whether version 2 rules alone here and root gets these controllers in it.
    static func has(_ controllers: String...) -> Bool {
        let offered = Machine.text(of: "\(root)/cgroup.controllers").split(whereSeparator: \.isWhitespace)
        return Machine.isRoot && controllers.allSatisfy { offered.contains(Substring($0)) }
    }

    /// What a test without them says.
    static let isMissing = "root and a tree of version 2 with the controller are needed"
}

extension Container {
    func group() throws -> UnifiedGroup { UnifiedGroup(of: try process()) }
}
