import Cgroups
import JSON

// The state file. Its form has a version, so that a later martlet can tell.

extension ContainerRecord {
    static let version: Int64 = 1

    var json: JSONValue {
        var object = JSONObject()
        object["version"] = .integer(Self.version)
        object["id"] = .string(id.text)
        object["name"] = .string(name)
        object["image"] = .string(image)
        object["command"] = .array(command.map { .string($0) })
        object["ports"] = .array(ports.map { .string($0) })
        object["created"] = .unsigned(created)
        object["state"] = .string(state.rawValue)
        object["supervisor"] = supervisor?.json
        object["workload"] = workload?.json
        object["started"] = started.map { .unsigned($0) }
        object["finished"] = finished.map { .unsigned($0) }
        object["exitStatus"] = exitStatus.map { .integer(Int64($0)) }
        object["exitExplanation"] = exitExplanation.map { .string($0) }
        object["removesItself"] = .bool(removesItself)
        object["layer"] = layer.map { .string($0) }
        object["cgroup"] = cgroup?.json
        return .object(object)
    }

    init(reading bytes: [UInt8]) throws(JSONError) {
        let node = try JSONNode(reading: bytes)
        let version = try node.required("version").integer(Int64.self)
        guard version == Self.version else {
            throw try node.required("version").invalid(
                "a record of version \(version), this martlet reads \(Self.version)")
        }
        guard let id = ContainerID(try node.required("id").string()) else {
            throw try node.required("id").invalid("not a container id")
        }
        guard let state = LifecycleMachine.State(rawValue: try node.required("state").string()) else {
            throw try node.required("state").invalid("no state of a container")
        }
        self.init(
            id: id, name: try node.required("name").string(), image: try node.required("image").string(),
            command: try node.required("command").strings(), ports: try node.required("ports").strings(),
            created: try node.required("created").integer())
        self.state = state
        supervisor = try node.optional("supervisor").map(ProcessIdentity.init(json:))
        workload = try node.optional("workload").map(ProcessIdentity.init(json:))
        started = try node.optional("started")?.integer()
        finished = try node.optional("finished")?.integer()
        exitStatus = try node.optional("exitStatus")?.integer()
        exitExplanation = try node.optional("exitExplanation")?.string()
        removesItself = try node.required("removesItself").bool()
        layer = try node.optional("layer")?.string()
        if let groups = try node.optional("cgroup") { cgroup = try ContainerCgroup(json: groups) }
    }
}
