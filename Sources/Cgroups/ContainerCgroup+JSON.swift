import JSON
import SystemCalls

// What a container's state file remembers of its groups.

extension ContainerCgroup {
    /// More trees than a machine has controllers.
    private static let groupCountLimit = 64

    public var json: JSONValue {
        var object = JSONObject()
        object["groups"] = .array(
            groups.map { group in
                ["controllers": .array(group.controllers.map { .string($0) }), "directory": .string(group.directory)]
            })
        object["rootless"] = .bool(isRootless)
        if let unit {
            object["unit"] = [
                "name": .string(unit.name), "slice": .string(unit.slice), "group": .string(unit.group),
                "user": .bool(unit.belongsToUser),
            ]
        }
        return .object(object)
    }

    /// Reads what `json` wrote. A directory must be absolute and mustn't climb.
    public init(json node: JSONNode) throws(JSONError) {
        var groups: [Group] = []
        for element in try node.required("groups").elements() {
            let directory = try element.required("directory").string()
            let names = directory.pathParts
            guard directory.isAbsolutePath, names.count > 1, !names.contains(".."), groups.count < Self.groupCountLimit
            else { throw try element.required("directory").invalid("not the directory of a control group") }
            groups.append(Group(controllers: try element.required("controllers").strings(), directory: directory))
        }
        var unit: SystemdUnit?
        if let node = try node.optional("unit") {
            unit = SystemdUnit(
                name: try node.required("name").string(), slice: try node.required("slice").string(),
                group: try node.required("group").string(), belongsToUser: try node.required("user").bool())
        }
        self.init(groups: groups, unit: unit, isRootless: try node.required("rootless").bool())
    }
}
