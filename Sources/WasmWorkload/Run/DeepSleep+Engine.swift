import HostCapabilities
import WasmEngine

extension Rests.DeepSleep {
    /// The engine's tables are given back, in a process that uses the engine on one thread or not at all.
    public static let ofEngine = Self(begin: EngineTables.forget, end: EngineTables.restore)
}
