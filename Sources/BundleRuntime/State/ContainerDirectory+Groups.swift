import Cgroups
import JSON
import SystemCalls

// What survives a damaged record: the control groups stand in an attribute of the directory, too, unless they are those that
// the id tells. That is one call where making another file would be four.

extension ContainerDirectory {
    /// Root's attributes can't be changed by anybody else; others have their own, where the file system has them (for tmpfs:
    /// Linux 6.6).
    private static let attributes = ["trusted.martlet.cgroup", "user.martlet.cgroup"]

    /// What the control groups of a container without readable record are.
    enum Remembered {
        /// It has none.
        case none
        case groups(ContainerCgroup)
        /// Nothing is remembered.
        case unknown
    }

    /// - Parameter groups: nil for a container that has none.
    borrowing func remember(_ groups: JSONValue?) {
        let bytes = (groups ?? .null).bytes(.compact)
        for name in Self.attributes {
            let isKept = bytes.withUnsafeBytes { (try? OwnershipCalls.setAttribute(of: rawValue, name, to: $0)) != nil }
            if isKept { return }
        }
    }

    borrowing func remembered() -> Remembered {
        for name in Self.attributes {
            guard let bytes = try? OwnershipCalls.attribute(of: rawValue, name), !bytes.isEmpty,
                let node = try? JSONNode(reading: bytes)
            else { continue }
            if case .null = node.value { return .none }
            if let cgroup = try? ContainerCgroup(json: node) { return .groups(cgroup) }
        }
        return .unknown
    }
}
