import Archive
import SystemCalls

/// What one layer has done so far, as a tree of names: which ones are its own, and what its directories will become.
///
/// Whiteouts apply to lower layers only, so the layer's own names must be known; and a directory gets its owner, mode and
/// times when nothing more will change in it. Every node stands for an entry or a directory that was counted.
struct LayerRecord {
    typealias NodeID = Int

    /// What a directory becomes when the layer is done.
    enum DirectoryPlan {
        /// It was there: the times, and the permissions if they had to be widened, go back to what they were.
        case keep(FileTimes, permissions: UInt32?)
        /// It is new, and no entry names it.
        case implicit
        /// An entry names it. What is kept of the entry is small, since a layer may have very many.
        case entry(ArchiveEntry)
    }

    struct Node {
        var children: [[CChar]: NodeID] = [:]
        var parent: NodeID
        /// An entry of this layer, or a directory that holds one.
        var isOfThisLayer = false
        /// Set when the node is a directory that this layer has opened or made.
        var plan: DirectoryPlan?
        /// The directory is known to be open for our changes.
        var isWritable = false
    }

    private(set) var nodes: [Node] = [Node(parent: 0)]

    static let root: NodeID = 0

    subscript(node: NodeID) -> Node { nodes[node] }

    func child(_ name: [CChar], of node: NodeID) -> NodeID? { nodes[node].children[name] }

    /// The node of a name, made when it isn't known yet.
    mutating func node(_ name: [CChar], of parent: NodeID) -> NodeID {
        if let known = nodes[parent].children[name] { return known }
        nodes.append(Node(parent: parent))
        nodes[parent].children[name] = nodes.count - 1
        return nodes.count - 1
    }

    /// Forgets a name that is gone, with everything below it.
    mutating func forget(_ name: [CChar], of parent: NodeID) {
        nodes[parent].children[name] = nil
    }

    /// Marks a node as the layer's own, and so every directory above it.
    mutating func claim(_ node: NodeID) {
        var node = node
        while !nodes[node].isOfThisLayer {
            nodes[node].isOfThisLayer = true
            node = nodes[node].parent
        }
    }

    mutating func plan(_ plan: DirectoryPlan, for node: NodeID) { nodes[node].plan = plan }

    mutating func markWritable(_ node: NodeID) { nodes[node].isWritable = true }
}

extension ArchiveEntry {
    /// The entry of a directory with its last name alone, and without what could be large.
    func withoutAttributes(named name: [CChar]) -> ArchiveEntry {
        ArchiveEntry(
            path: name.dropLast().map { UInt8(bitPattern: $0) }, kind: .directory, permissions: permissions,
            owner: owner, group: group, modified: modified, accessed: accessed)
    }
}
