import OCISpec

extension LinuxResources {
    /// What a person asks for on a command line.
    ///
    /// - Parameters:
    ///   - memory: bytes, swap included.
    ///   - milliCPUs: thousandths of a CPU.
    public init(memory: UInt64?, milliCPUs: UInt32?) {
        self.init()
        if let memory {
            var limits = Memory()
            limits.limit = Int64(clamping: memory)
            limits.swap = limits.limit
            self.memory = limits
        }
        if let milliCPUs {
            var limits = CPU()
            limits.period = CPUSettings.defaultPeriod
            limits.quota = Int64(milliCPUs) * Int64(CPUSettings.defaultPeriod) / 1000
            cpu = limits
        }
    }
}
