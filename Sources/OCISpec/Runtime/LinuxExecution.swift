import JSON

/// The execution domain of the container's processes. config-linux.md, "Personality".
public struct LinuxPersonality: Equatable, Sendable {
    public enum Domain: String, CaseIterable, Sendable {
        case linux = "LINUX"
        case linux32 = "LINUX32"
    }

    public var domain: Domain

    public init(json node: JSONNode) throws(JSONError) {
        domain = try node.required("domain").choice()
        if let flags = try node.optional("flags"), !(try flags.elements().isEmpty) {
            throw flags.invalid("the specification has no flags yet")
        }
    }
}

/// The cache and memory bandwidth of the container. config-linux.md, "IntelRdt".
public struct LinuxIntelRdt: Equatable, Sendable {
    public var closID: String?
    public var schemata: [String]
    public var l3CacheSchema: String?
    public var memBwSchema: String?
    public var enableMonitoring: Bool

    public init(json node: JSONNode) throws(JSONError) {
        closID = try node.text("closID")
        schemata = try node.texts("schemata")
        l3CacheSchema = try node.text("l3CacheSchema")
        memBwSchema = try node.text("memBwSchema")
        enableMonitoring = try node.bool("enableMonitoring") ?? false
        if let closID, closID != "/", closID == "." || closID == ".." || closID.utf8.contains(UInt8(ascii: "/")) {
            throw try node.required("closID").invalid("\(shortened(closID)) isn't the name of a directory")
        }
        for (index, line) in schemata.enumerated() where line.utf8.contains(0x0A) {
            throw try node.required("schemata").elements()[index].invalid("has more than one line")
        }
        if let memBwSchema, !memBwSchema.hasPrefix("MB:") || memBwSchema.utf8.contains(0x0A) {
            throw try node.required("memBwSchema").invalid("expected one line that begins with MB:")
        }
        if l3CacheSchema?.utf8.contains(0x0A) == true {
            throw try node.required("l3CacheSchema").invalid("has more than one line")
        }
    }
}

/// From which memory nodes the container's memory comes. config-linux.md, "Memory policy".
public struct LinuxMemoryPolicy: Equatable, Sendable {
    public enum Mode: String, CaseIterable, Sendable {
        case `default` = "MPOL_DEFAULT"
        case bind = "MPOL_BIND"
        case interleave = "MPOL_INTERLEAVE"
        case weightedInterleave = "MPOL_WEIGHTED_INTERLEAVE"
        case preferred = "MPOL_PREFERRED"
        case preferredMany = "MPOL_PREFERRED_MANY"
        case local = "MPOL_LOCAL"
    }

    public enum Flag: String, CaseIterable, Sendable {
        case balancing = "MPOL_F_NUMA_BALANCING"
        case relativeNodes = "MPOL_F_RELATIVE_NODES"
        case staticNodes = "MPOL_F_STATIC_NODES"
    }

    public var mode: Mode
    public var nodes: ProcessorSet?
    public var flags: [Flag]

    public init(json node: JSONNode) throws(JSONError) {
        mode = try node.required("mode").choice()
        nodes = try ProcessorSet(json: node, "nodes")
        flags = try node.choices("flags")
    }
}
