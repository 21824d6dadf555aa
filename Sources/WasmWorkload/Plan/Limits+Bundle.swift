import JSON
import OCISpec

extension WorkloadPlan.Limits {
    /// The limits of a bundle that can be kept here: `linux.resources.memory.limit` (bytes, -1 for none) and the share of
    /// processors that `cpu.quota` of `cpu.period` microseconds is.
    ///
    /// Errors: a number that is no limit, by its place in `config.json`.
    init(bundle configuration: RuntimeConfiguration, directory: String) throws(PlanError) {
        self.init()
        do throws(JSONError) {
            guard let resources = try configuration.linux?.optional("resources") else { return }
            if let limit = try resources.optional("memory")?.optional("limit") {
                let bytes: Int64 = try limit.integer()
                guard bytes > 0 || bytes == -1 else { throw limit.invalid("is \(bytes): write bytes, or -1 for none") }
                memory = bytes > 0 ? UInt64(bytes) : nil
            }
            if let quota = try resources.optional("cpu")?.optional("quota") {
                let microseconds: Int64 = try quota.integer()
                let period: UInt64 = try resources.optional("cpu")?.optional("period")?.integer() ?? 100_000
                guard period > 0, microseconds <= 1 << 40 else { throw quota.invalid("makes no share of a processor") }
                processors = microseconds > 0 ? max(1, UInt64(microseconds) * 1000 / period) : nil
            }
        } catch { throw PlanError("\(directory)/config.json: \(error)") }
    }
}
