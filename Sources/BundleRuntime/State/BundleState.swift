import ContainerLifecycle
import JSON

/// What stands on record about a container of a bundle.
///
/// Each thing that has to go with the container is on record before it is made: whoever dies at whatever moment leaves
/// nothing that `delete --force` doesn't find. Only its condition isn't written down: it is looked at (`ContainerStatus`).
struct BundleState: Sendable {
    /// How far its making and starting went.
    enum Phase: String, Sendable {
        /// Its creator is at work, or died at it.
        case creating
        /// Its first process waits for `start`.
        case created
        /// Its first process was told to start, or is being told.
        case started
    }

    let id: String
    /// Absolute.
    var bundle: String
    /// Absolute.
    var rootfs: String
    /// `ociVersion` of its configuration.
    var version: String
    var annotations: [String: String]
    var isWasm: Bool
    /// Whether its configuration has any: then it is read when they run.
    var hasHooks: Bool
    /// Whether its processes keep the session keyring of who starts them (`--no-new-keyring`).
    var keepsKeyring = false
    /// The user who made it.
    var owner: UInt32
    /// Nanoseconds since the epoch.
    var created: UInt64
    var phase = Phase.creating
    /// Who made it, or started it since.
    var creator: ProcessIdentity?
    /// The first process.
    var process: ProcessIdentity?
    /// What `ContainerCgroup` wants to remember; nil when it has no group of its own.
    var cgroup: JSONValue?
    /// What `ResourceControlGroup` wants to remember; nil without one.
    var resourceControl: JSONValue?

    init(
        id: String, bundle: String, rootfs: String, version: String, annotations: [String: String], isWasm: Bool,
        hasHooks: Bool, owner: UInt32, created: UInt64
    ) {
        self.id = id
        self.bundle = bundle
        self.rootfs = rootfs
        self.version = version
        self.annotations = annotations
        self.isWasm = isWasm
        self.hasHooks = hasHooks
        self.owner = owner
        self.created = created
    }
}

extension BundleState {
    static let version: Int64 = 1

    var json: JSONValue {
        var object = JSONObject()
        object["version"] = .integer(Self.version)
        object["id"] = .string(id)
        object["bundle"] = .string(bundle)
        object["rootfs"] = .string(rootfs)
        object["ociVersion"] = .string(version)
        object["annotations"] = .object(
            JSONObject(annotations.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }))
        object["wasm"] = .bool(isWasm)
        object["hooks"] = .bool(hasHooks)
        if keepsKeyring { object["keepsKeyring"] = .bool(true) }
        object["owner"] = .unsigned(UInt64(owner))
        object["created"] = .unsigned(created)
        object["phase"] = .string(phase.rawValue)
        object["creator"] = creator?.json
        object["process"] = process?.json
        object["cgroup"] = cgroup
        object["resourceControl"] = resourceControl
        return .object(object)
    }

    init(reading bytes: [UInt8]) throws(JSONError) {
        let node = try JSONNode(reading: bytes)
        let versionNode = try node.required("version")
        let version: Int64 = try versionNode.integer()
        guard version == Self.version else {
            throw versionNode.invalid("a record of version \(version), this martlet reads \(Self.version)")
        }
        let phaseNode = try node.required("phase")
        guard let phase = Phase(rawValue: try phaseNode.string()) else { throw phaseNode.invalid("no such phase") }
        self.init(
            id: try node.required("id").string(), bundle: try node.required("bundle").string(),
            rootfs: try node.required("rootfs").string(), version: try node.required("ociVersion").string(),
            annotations: try node.required("annotations").stringMap(), isWasm: try node.required("wasm").bool(),
            hasHooks: try node.required("hooks").bool(),
            owner: try node.required("owner").integer(), created: try node.required("created").integer())
        self.phase = phase
        keepsKeyring = try node.optional("keepsKeyring")?.bool() ?? false
        creator = try node.optional("creator").map(ProcessIdentity.init(json:))
        process = try node.optional("process").map(ProcessIdentity.init(json:))
        cgroup = try node.optional("cgroup")?.value
        resourceControl = try node.optional("resourceControl")?.value
    }
}
