import JSON

extension LinuxResources {
    /// config-linux.md, "Block IO".
    public struct BlockIO: Equatable, Sendable {
        public var weight: UInt16?
        public var leafWeight: UInt16?
        public var weightDevice: [DeviceWeight] = []
        /// Bytes per second.
        public var throttleReadBpsDevice: [DeviceRate] = []
        public var throttleWriteBpsDevice: [DeviceRate] = []
        /// Operations per second.
        public var throttleReadIOPSDevice: [DeviceRate] = []
        public var throttleWriteIOPSDevice: [DeviceRate] = []

        public init() {}

        public init(json node: JSONNode) throws(JSONError) {
            func rates(_ key: String) throws(JSONError) -> [DeviceRate] {
                try node.each(key) { node throws(JSONError) in try DeviceRate(json: node) }
            }
            weight = try node.integer("weight")
            leafWeight = try node.integer("leafWeight")
            weightDevice = try node.each("weightDevice") { node throws(JSONError) in try DeviceWeight(json: node) }
            throttleReadBpsDevice = try rates("throttleReadBpsDevice")
            throttleWriteBpsDevice = try rates("throttleWriteBpsDevice")
            throttleReadIOPSDevice = try rates("throttleReadIOPSDevice")
            throttleWriteIOPSDevice = try rates("throttleWriteIOPSDevice")
        }
    }

    /// The weight of one block device; at least one of the two is there.
    public struct DeviceWeight: Equatable, Sendable {
        public var major: UInt32
        public var minor: UInt32
        public var weight: UInt16?
        public var leafWeight: UInt16?

        public init(major: UInt32, minor: UInt32, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
            self.major = major
            self.minor = minor
            self.weight = weight
            self.leafWeight = leafWeight
        }

        public init(json node: JSONNode) throws(JSONError) {
            (major, minor) = try deviceNumbers(node)
            weight = try node.integer("weight")
            leafWeight = try node.integer("leafWeight")
            guard weight != nil || leafWeight != nil else { throw node.invalid("has neither weight nor leafWeight") }
        }
    }

    /// The limit of one block device.
    public struct DeviceRate: Equatable, Sendable {
        public var major: UInt32
        public var minor: UInt32
        public var rate: UInt64

        public init(major: UInt32, minor: UInt32, rate: UInt64) {
            self.major = major
            self.minor = minor
            self.rate = rate
        }

        public init(json node: JSONNode) throws(JSONError) {
            (major, minor) = try deviceNumbers(node)
            rate = try node.required("rate").integer()
        }
    }

    /// config-linux.md, "Network": the net_cls and net_prio controllers.
    public struct Network: Equatable, Sendable {
        public var classID: UInt32?
        public var priorities: [Priority] = []

        public struct Priority: Equatable, Sendable {
            /// An interface of the runtime's network namespace.
            public var name: String
            public var priority: UInt32

            public init(name: String, priority: UInt32) {
                self.name = name
                self.priority = priority
            }
        }

        public init() {}

        public init(json node: JSONNode) throws(JSONError) {
            classID = try node.integer("classID")
            priorities = try node.each("priorities") { node throws(JSONError) in
                Priority(name: try node.requiredText("name"), priority: try node.required("priority").integer())
            }
        }
    }

    /// config-linux.md, "RDMA": the limits of one device; at least one of the two is there.
    public struct RDMALimit: Equatable, Sendable {
        public var device: String
        public var hcaHandles: UInt32?
        public var hcaObjects: UInt32?

        public init(device: String, hcaHandles: UInt32? = nil, hcaObjects: UInt32? = nil) {
            self.device = device
            self.hcaHandles = hcaHandles
            self.hcaObjects = hcaObjects
        }

        static func list(_ node: JSONNode, _ key: String) throws(JSONError) -> [RDMALimit] {
            var limits: [RDMALimit] = []
            for (device, entry) in try node.entries(key) {
                let limit = RDMALimit(
                    device: device, hcaHandles: try entry.integer("hcaHandles"),
                    hcaObjects: try entry.integer("hcaObjects"))
                guard limit.hcaHandles != nil || limit.hcaObjects != nil else {
                    throw entry.invalid("has neither hcaHandles nor hcaObjects")
                }
                limits.append(limit)
            }
            return limits
        }
    }

    private static func deviceNumbers(_ node: JSONNode) throws(JSONError) -> (major: UInt32, minor: UInt32) {
        guard let major = try node.integer("major", in: 0...LinuxDevice.majorLimit),
            let minor = try node.integer("minor", in: 0...LinuxDevice.minorLimit)
        else { throw node.invalid("needs major and minor") }
        return (major, minor)
    }
}
