import CWasmtime
import SystemCalls

/// The tables of addresses that the loader wrote into the engine's library: 400 kB of a process that loaded it for itself.
public enum EngineTables {
    /// To be called by a process before it forks others that run guests: what they share costs none of them anything.
    public static func share() { martlet_engine_tables_keep() }

    /// Gives their memory back. Nothing of the engine may be used before `restore`; no other thread may run.
    ///
    /// - Returns: false when they stay.
    public static func forget() -> Bool { martlet_engine_tables_forget() }

    /// Writes them again.
    public static func restore() { martlet_engine_tables_restore() }
}

extension Module {
    /// The code of a module that was loaded from a file, where it is as it stands there.
    public var cleanPages: CleanPages? {
        guard fileDescriptor != nil, martlet_engine_code_is_clean() else { return nil }
        var start: UnsafeMutableRawPointer?
        var end: UnsafeMutableRawPointer?
        wasmtime_module_image_range(handle, &start, &end)
        guard let start, let end else { return nil }
        return CleanPages(from: UInt(bitPattern: start), to: UInt(bitPattern: end))
    }
}
