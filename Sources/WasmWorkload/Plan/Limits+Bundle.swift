import OCISpec

extension WorkloadPlan.Limits {
    /// The limits of a bundle that can be kept here: `linux.resources.memory.limit` (bytes, -1 for none) and the share of
    /// processors that `cpu.quota` of `cpu.period` microseconds is. 0 is "not set", for each of them: CRI-O writes it so.
    ///
    /// Errors: a number that is no limit, by its place in `config.json`.
    init(bundle configuration: RuntimeConfiguration, directory: String) throws(PlanError) {
        self.init()
        guard let resources = configuration.linux.resources else { return }
        let place = "\(directory)/config.json: $.linux.resources"
        if let bytes = resources.memory?.limit {
            guard bytes >= -1 else {
                throw PlanError("\(place).memory.limit: is \(bytes): write bytes, or -1 for none")
            }
            memory = bytes > 0 ? UInt64(bytes) : nil
        }
        if let microseconds = resources.cpu?.quota, microseconds != 0 {
            let period = resources.cpu?.period.flatMap { $0 > 0 ? $0 : nil } ?? 100_000
            guard microseconds <= 1 << 40 else {
                throw PlanError("\(place).cpu.quota: makes no share of a processor")
            }
            processors = microseconds > 0 ? max(1, UInt64(microseconds) * 1000 / period) : nil
        }
    }
}
