/// What a container has used, as far as its groups count: nil and empty where none does.
///
/// The numbers of version 2 stand under the names of version 1, as the tools that read them expect.
public struct CgroupStatistics: Sendable, Equatable {
    public var cpu = CPU()
    public var cpuset: CPUSet?
    public var memory: Memory?
    public var tasks: Tasks?
    public var blockIO = BlockIO()
    /// In the order of the sizes' names, such as `1GB`, `2MB`.
    public var hugepages: [Hugepages] = []
    public var rdma: [RDMA] = []
    /// Processes that the kernel killed for want of memory.
    public var outOfMemoryKills: UInt64 = 0

    public init() {}

    /// Times in nanoseconds.
    public struct CPU: Sendable, Equatable {
        public var total: UInt64 = 0
        public var user: UInt64 = 0
        public var system: UInt64 = 0
        /// Version 1 only, a value for each possible processor.
        public var perProcessor: [UInt64] = []
        public var perProcessorUser: [UInt64] = []
        public var perProcessorSystem: [UInt64] = []
        public var periods: UInt64 = 0
        public var throttledPeriods: UInt64 = 0
        public var throttledTime: UInt64 = 0
        public var bursts: UInt64 = 0
        public var burstTime: UInt64 = 0
        public var pressure: Pressure?

        public init() {}
    }

    /// The processors and memory nodes by number; the flags are of version 1.
    public struct CPUSet: Sendable, Equatable {
        public var processors: [UInt16] = []
        public var memoryNodes: [UInt16] = []
        public var processorsExclusive: UInt64 = 0
        public var memoryHardwall: UInt64 = 0
        public var memoryExclusive: UInt64 = 0
        public var memoryMigrate: UInt64 = 0
        public var memorySpreadPage: UInt64 = 0
        public var memorySpreadSlab: UInt64 = 0
        public var memoryPressure: UInt64 = 0
        public var schedulerLoadBalance: UInt64 = 0
        public var schedulerRelaxDomainLevel: Int64 = 0

        public init() {}
    }

    /// Bytes, and how often a limit was hit.
    public struct MemoryUse: Sendable, Equatable {
        public var usage: UInt64 = 0
        public var maximum: UInt64 = 0
        public var failures: UInt64 = 0
        /// `UInt64.max` for none; version 1 has its own large number for it.
        public var limit: UInt64 = 0

        public init() {}
    }

    public struct Memory: Sendable, Equatable {
        public var cache: UInt64 = 0
        public var memory = MemoryUse()
        /// Memory and swap together.
        public var memoryAndSwap = MemoryUse()
        public var swap = MemoryUse()
        public var kernel = MemoryUse()
        public var kernelTCP = MemoryUse()
        public var usesHierarchy = false
        /// `memory.stat`, in the order of the file.
        public var counters: [Counter] = []
        public var pressure: Pressure?

        public init() {}
    }

    public struct Counter: Sendable, Equatable {
        public var name: String
        public var value: UInt64

        public init(_ name: String, _ value: UInt64) {
            self.name = name
            self.value = value
        }
    }

    public struct Tasks: Sendable, Equatable {
        public var current: UInt64 = 0
        /// 0 for none.
        public var limit: UInt64 = 0

        public init() {}
    }

    /// One number of one block device.
    public struct DeviceCount: Sendable, Equatable {
        public var major: UInt64
        public var minor: UInt64
        /// Such as `Read` or `Total`; empty when the file doesn't tell them apart.
        public var operation: String
        public var value: UInt64

        public init(major: UInt64, minor: UInt64, operation: String, value: UInt64) {
            self.major = major
            self.minor = minor
            self.operation = operation
            self.value = value
        }
    }

    /// The group and those below it together.
    public struct BlockIO: Sendable, Equatable {
        public var serviceBytes: [DeviceCount] = []
        public var serviced: [DeviceCount] = []
        public var queued: [DeviceCount] = []
        public var serviceTime: [DeviceCount] = []
        public var waitTime: [DeviceCount] = []
        public var merged: [DeviceCount] = []
        public var time: [DeviceCount] = []
        public var sectors: [DeviceCount] = []
        public var pressure: Pressure?

        public init() {}
    }

    public struct Hugepages: Sendable, Equatable {
        /// Such as `2MB`.
        public var size: String
        public var usage: UInt64 = 0
        public var maximum: UInt64 = 0
        public var failures: UInt64 = 0

        public init(size: String) { self.size = size }
    }

    /// One device; `UInt32.max` for no limit.
    public struct RDMA: Sendable, Equatable {
        public var device: String
        public var handles: UInt32 = 0
        public var objects: UInt32 = 0
        public var handleLimit: UInt32 = .max
        public var objectLimit: UInt32 = .max

        public init(device: String) { self.device = device }
    }

    /// How much time was lost to waiting (Linux 4.20).
    public struct Pressure: Sendable, Equatable {
        public struct Share: Sendable, Equatable {
            /// Percent of the last 10, 60 and 300 seconds.
            public var average10 = 0.0
            public var average60 = 0.0
            public var average300 = 0.0
            /// Microseconds since the beginning.
            public var total: UInt64 = 0

            public init() {}
        }

        /// Some of the processes waited.
        public var some = Share()
        /// All of them waited.
        public var full = Share()

        public init() {}
    }
}
