import JSON
import SystemCalls

extension ResourceControlGroup {
    /// Where resctrl is mounted in a table of mounts, as in /proc/self/mountinfo; nil when it isn't.
    public static func root(mountTable: String) -> String? {
        for line in mountTable.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.dropFirst(6).firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            // A path with a blank in it is written with a backslash: nobody mounts it there.
            if fields[dash + 1] == "resctrl", fields[3] == "/", !fields[4].contains("\\") { return String(fields[4]) }
        }
        return nil
    }

    /// Bytes of a mount table.
    private static let tableLimit = 4 << 20

    /// Where it is mounted on this machine.
    public static var root: String? {
        guard let bytes = try? Files.contents(of: "/proc/self/mountinfo", limit: tableLimit) else { return nil }
        return root(mountTable: String(decoding: bytes, as: UTF8.self))
    }

    /// For a container's record.
    public var json: JSONValue {
        var object = JSONObject()
        object["directory"] = .string(directory)
        object["own"] = .bool(isOwn)
        if let monitoring { object["monitoring"] = .string(monitoring) }
        return .object(object)
    }

    public init(json node: JSONNode) throws(JSONError) {
        directory = try node.required("directory").string()
        isOwn = try node.required("own").bool()
        monitoring = try node.optional("monitoring")?.string()
    }
}
