import JSON

extension LinuxResources {
    /// config-linux.md, "Memory". Limits are in bytes, -1 for none.
    public struct Memory: Equatable, Sendable {
        public var limit: Int64?
        public var reservation: Int64?
        /// Memory and swap together.
        public var swap: Int64?
        public var kernel: Int64?
        public var kernelTCP: Int64?
        /// 0 to 100.
        public var swappiness: UInt64?
        public var disableOOMKiller: Bool?
        public var useHierarchy: Bool?
        public var checkBeforeUpdate: Bool?

        public init() {}

        public init(json node: JSONNode) throws(JSONError) {
            func bytes(_ key: String) throws(JSONError) -> Int64? { try node.integer(key, in: -1...Int64.max) }
            limit = try bytes("limit")
            reservation = try bytes("reservation")
            swap = try bytes("swap")
            kernel = try bytes("kernel")
            kernelTCP = try bytes("kernelTCP")
            swappiness = try node.integer("swappiness", in: 0...100)
            disableOOMKiller = try node.bool("disableOOMKiller")
            useHierarchy = try node.bool("useHierarchy")
            checkBeforeUpdate = try node.bool("checkBeforeUpdate")
        }
    }

    /// config-linux.md, "CPU". Times are in microseconds.
    public struct CPU: Equatable, Sendable {
        public var shares: UInt64?
        /// Zero or less for none.
        public var quota: Int64?
        public var burst: UInt64?
        public var period: UInt64?
        public var realtimeRuntime: Int64?
        public var realtimePeriod: UInt64?
        /// A list as the kernel reads it: `0-3,7`.
        public var cpus: String?
        public var mems: String?
        /// 0 or 1.
        public var idle: Int64?

        public init() {}

        public init(json node: JSONNode) throws(JSONError) {
            shares = try node.integer("shares")
            quota = try node.integer("quota")
            burst = try node.integer("burst")
            period = try node.integer("period")
            realtimeRuntime = try node.integer("realtimeRuntime")
            realtimePeriod = try node.integer("realtimePeriod")
            cpus = try node.text("cpus")
            mems = try node.text("mems")
            idle = try node.integer("idle", in: 0...1)
            if let burst, let quota, quota > 0, burst > UInt64(quota) {
                throw try node.required("burst").invalid("\(burst) exceeds the quota \(quota)")
            }
        }
    }

    /// config-linux.md, "PIDs".
    public struct PIDs: Equatable, Sendable {
        /// Tasks; -1 for no limit, 0 is a limit.
        public var limit: Int64?

        public init(limit: Int64? = nil) { self.limit = limit }

        public init(json node: JSONNode) throws(JSONError) { limit = try node.integer("limit", in: -1...Int64.max) }
    }

    /// config-linux.md, "Huge page limits".
    public struct HugepageLimit: Equatable, Sendable {
        /// As the cgroup's files name it: `2MB`.
        public var pageSize: String
        /// In bytes.
        public var limit: UInt64

        public init(pageSize: String, limit: UInt64) {
            self.pageSize = pageSize
            self.limit = limit
        }

        public init(json node: JSONNode) throws(JSONError) {
            pageSize = try node.requiredText("pageSize")
            limit = try node.required("limit").integer()
            let digits = pageSize.utf8.dropLast(2)
            guard let first = digits.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first),
                digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                ["KB", "MB", "GB"].contains(where: { pageSize.hasSuffix($0) })
            else { throw try node.required("pageSize").invalid("expected a size like 64KB, 2MB or 1GB") }
        }
    }
}
