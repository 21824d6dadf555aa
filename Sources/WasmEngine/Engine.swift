import CWasmtime

/// The compiler and the ground that modules and stores of one configuration share. Creating one takes about a millisecond
/// and installs handlers for the signals that guest code raises.
public final class Engine: Sendable {
    public let configuration: EngineConfiguration

    // SAFETY: the library's engine may be used from all threads at once; only this object deletes it.
    nonisolated(unsafe) let handle: OpaquePointer

    public init(_ configuration: EngineConfiguration = EngineConfiguration()) throws(EngineError) {
        guard configuration.maximumStack >= 64 << 10, configuration.maximumStack <= 64 << 20 else {
            throw EngineError(.configuration, "create the engine", "the guest's stack has to be 64 KiB to 64 MiB")
        }
        guard configuration.fiberStack >= configuration.maximumStack + Self.hostStack else {
            let reason = "a fiber's stack has to be at least the guest's stack and \(Self.hostStack >> 10) KiB"
            throw EngineError(.configuration, "create the engine", reason)
        }
        try Self.loadLibrary()
        guard let settings = wasm_config_new() else {
            throw EngineError(.configuration, "create the engine", "no memory")
        }
        configuration.apply(to: settings)
        guard let handle = wasm_engine_new_with_config(settings) else {
            let reason = "the settings contradict each other or this machine can't run them: \(configuration)"
            throw EngineError(.configuration, "create the engine", reason)
        }
        self.handle = handle
        self.configuration = configuration
    }

    deinit { wasm_engine_delete(handle) }

    /// Loads the engine's library, as the first engine does. A process that is about to give up opening files calls it before.
    ///
    /// Throws `library` with what the loader said.
    public static func loadLibrary() throws(EngineError) {
        guard let reason = martlet_engine_problem() else { return }
        throw EngineError(.library, "load the engine", String(cString: reason))
    }

    /// Bytes of stack that host functions may use.
    static let hostStack = 256 << 10

    /// Moves the epoch on by one: stores whose deadline it passes are interrupted. Any thread may call it, and signal handlers.
    public func incrementEpoch() { wasmtime_engine_increment_epoch(handle) }
}

extension EngineConfiguration {
    /// Carries the settings over. What a guest may use is fixed here; the rest comes from the structure.
    func apply(to config: OpaquePointer) {
        // One compiler, the one that is best tested against miscompilation.
        wasmtime_config_strategy_set(config, UInt8(MARTLET_STRATEGY_CRANELIFT))
        wasmtime_config_cranelift_opt_level_set(
            config, UInt8(optimizes ? MARTLET_OPTIMIZE_SPEED : MARTLET_OPTIMIZE_NONE))
        wasmtime_config_parallel_compilation_set(config, compilesInParallel)
        // Nobody unwinds through guest code natively; without this a module loads faster.
        wasmtime_config_native_unwind_info_set(config, false)
        wasmtime_config_consume_fuel_set(config, consumesFuel)
        wasmtime_config_epoch_interruption_set(config, checksEpochs)
        // The engine's own tasks for components, which we don't use: without them a fiber is a fiber.
        wasmtime_config_concurrency_support_set(config, false)
        wasmtime_config_max_wasm_stack_set(config, maximumStack)
        wasmtime_config_async_stack_size_set(config, fiberStack)
        if let memoryReservation { wasmtime_config_memory_reservation_set(config, memoryReservation) }
        if let memoryGuard { wasmtime_config_memory_guard_size_set(config, memoryGuard) }
        wasmtime_config_memory_init_cow_set(config, true)

        wasmtime_config_gc_support_set(config, true)
        wasmtime_config_shared_memory_set(config, true)
        wasmtime_config_wasm_bulk_memory_set(config, true)
        wasmtime_config_wasm_multi_value_set(config, true)
        wasmtime_config_wasm_reference_types_set(config, true)
        wasmtime_config_wasm_simd_set(config, true)
        wasmtime_config_wasm_relaxed_simd_set(config, true)
        wasmtime_config_wasm_tail_call_set(config, true)
        wasmtime_config_wasm_threads_set(config, true)
        wasmtime_config_wasm_function_references_set(config, true)
        wasmtime_config_wasm_gc_set(config, true)
        wasmtime_config_wasm_exceptions_set(config, true)
        wasmtime_config_wasm_memory64_set(config, true)
        wasmtime_config_wasm_multi_memory_set(config, true)
        wasmtime_config_wasm_wide_arithmetic_set(config, true)
        // `cont.new` ends the process in 50.0.1: such modules are refused when they are compiled.
        wasmtime_config_wasm_stack_switching_set(config, false)
    }
}
