import JSON

/// A range of user or group ids of the container and where it begins on the host.
public struct IDMapping: Equatable, Sendable {
    public var containerID: UInt32
    public var hostID: UInt32
    public var size: UInt32

    /// Ranges of one mapping; the kernel's limit.
    public static let limit = 340

    public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }

    public init(json node: JSONNode) throws(JSONError) {
        containerID = try node.required("containerID").integer()
        hostID = try node.required("hostID").integer()
        let sizeNode = try node.required("size")
        size = try sizeNode.integer()
        guard size > 0 else { throw sizeNode.invalid("maps nothing") }
        guard !containerID.addingReportingOverflow(size).overflow, !hostID.addingReportingOverflow(size).overflow else {
            throw node.invalid("reaches beyond the last id")
        }
    }

    public static func list(_ node: JSONNode, _ key: String) throws(JSONError) -> [IDMapping] {
        try node.each(key, limit: limit) { node throws(JSONError) in try IDMapping(json: node) }
    }

    /// The id on the host of an id of the container; nil when no range has it.
    public static func host(_ id: UInt32, _ mappings: [IDMapping]) -> UInt32? {
        for mapping in mappings where id >= mapping.containerID && id - mapping.containerID < mapping.size {
            return mapping.hostID + (id - mapping.containerID)
        }
        return nil
    }
}
