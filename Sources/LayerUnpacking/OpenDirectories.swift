import SystemCalls

/// A directory of the tree that is held open.
final class OpenDirectory {
    let descriptor: OwnedDescriptor
    let name: [CChar]
    let node: LayerRecord.NodeID

    init(_ descriptor: consuming OwnedDescriptor, name: [CChar], node: LayerRecord.NodeID) {
        self.descriptor = descriptor
        self.name = name
        self.node = node
    }
}

/// The open directories from the root to where the last entry was: entries come in the order of a walk, so the next one
/// mostly needs the same. Whatever is removed or replaced lies in the last of them, never above: nothing goes stale.
struct OpenDirectories {
    private(set) var levels: [OpenDirectory]

    init(root: OpenDirectory) { levels = [root] }

    /// The deepest one; the root is never left.
    var current: OpenDirectory { levels[levels.count - 1] }

    /// Closes what isn't on the way to these components, and returns how many of them are open.
    mutating func keepCommon(with components: ArraySlice<[CChar]>) -> Int {
        var common = 0
        for (level, component) in zip(levels.dropFirst(), components) {
            guard level.name == component else { break }
            common += 1
        }
        levels.removeSubrange((common + 1)...)
        return common
    }

    mutating func enter(_ directory: OpenDirectory) { levels.append(directory) }

    mutating func leaveAll() { levels.removeSubrange(1...) }
}

/// How a directory of the tree is opened: by one name in an open directory, following nothing, leaving no file system.
enum TreeDirectory {
    static let confined: Resolution = [.beneath, .noSymbolicLinks, .noMagicLinks, .noMountCrossing]

    /// A directory that was opened; `closedBy` are its permissions when those had to be widened for that.
    struct Opened: ~Copyable {
        var descriptor: OwnedDescriptor
        var closedBy: UInt32?

        consuming func take() -> OwnedDescriptor { descriptor }
    }

    /// Opens a directory; one that its mode closes to us is opened up first. `ELOOP` or `ENOTDIR`: it is none.
    static func open(_ name: [CChar], in parent: Int32) throws(Errno) -> Opened {
        do throws(Errno) {
            return Opened(descriptor: try openOnce(name, in: parent), closedBy: nil)
        } catch {
            guard error == .accessDenied else { throw error }
            // Only the owner may: an unprivileged unpack of a directory that a lower layer closed.
            let status = try FileCalls.status(name, in: parent)
            guard status.kind == .directory else { throw .notDirectory }
            try OwnershipCalls.setPermissions(name, in: parent, status.permissions | 0o700)
            return Opened(descriptor: try openOnce(name, in: parent), closedBy: status.permissions)
        }
    }

    private static func openOnce(_ path: [CChar], in parent: Int32) throws(Errno) -> OwnedDescriptor {
        try FileCalls.open(path, in: parent, [.readOnly, .directory, .noFollow], resolve: confined)
    }

    /// Opens a directory by several components from the root.
    static func open(_ components: ArraySlice<[CChar]>, from root: Int32) throws(Errno) -> OwnedDescriptor {
        guard !components.isEmpty else { return try openOnce([46, 0], in: root) }
        let path = components.map { $0.dropLast() }.joined(separator: [CChar(bitPattern: UInt8(ascii: "/"))])
        return try openOnce(Array(path) + [0], in: root)
    }
}
