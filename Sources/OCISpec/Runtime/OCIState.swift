import JSON

/// What is told of a container: the answer of `state` and what hooks read. Runtime specification, "State".
public struct OCIState: Equatable, Sendable {
    /// By the names that appear in the document. `paused` is what runc and crun add to the specification's four.
    public enum Status: String, CaseIterable, Sendable {
        case creating, created, running, paused, stopped
    }

    public var ociVersion: String
    public var id: String
    public var status: Status
    /// As the reader of the document sees it; zero when the process is gone.
    public var pid: Int32
    /// Absolute.
    public var bundle: String
    public var annotations: [String: String]
    /// What runc's `state` has beside the specification's members; nil leaves it out.
    public var rootfs: String?
    /// RFC 3339.
    public var created: String?
    public var owner: String?

    public init(
        ociVersion: String = RuntimeSpecification.version, id: String, status: Status, pid: Int32, bundle: String,
        annotations: [String: String] = [:], rootfs: String? = nil, created: String? = nil, owner: String? = nil
    ) {
        self.ociVersion = ociVersion
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
        self.rootfs = rootfs
        self.created = created
        self.owner = owner
    }

    public init(json node: JSONNode) throws(JSONError) {
        ociVersion = try node.requiredText("ociVersion")
        id = try node.requiredText("id")
        status = try node.required("status").choice()
        pid = try node.integer("pid", in: 0...Int32.max) ?? 0
        bundle = try node.requiredAbsolutePath("bundle")
        annotations = try node.textMap("annotations")
        rootfs = try node.text("rootfs")
        created = try node.text("created")
        owner = try node.text("owner")
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["ociVersion"] = .string(ociVersion)
        object["id"] = .string(id)
        object["pid"] = .integer(Int64(pid))
        object["status"] = .string(status.rawValue)
        object["bundle"] = .string(bundle)
        object["rootfs"] = rootfs.map { .string($0) }
        object["created"] = created.map { .string($0) }
        if !annotations.isEmpty { object["annotations"] = .sortedMap(annotations) }
        object["owner"] = owner.map { .string($0) }
        return .object(object)
    }
}

/// The versions of the runtime specification that are read.
public enum RuntimeSpecification {
    /// What new documents say.
    public static let version = "1.3.0"
    public static let oldestVersion = "1.0.0"
}
