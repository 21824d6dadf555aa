/// The settings of an engine. A compiled module runs only under the settings that shape code, which `fingerprint` names.
public struct EngineConfiguration: Hashable, Sendable {
    /// Counts instructions, so that a store can be given an amount of work. Costs about a tenth of the speed.
    public var consumesFuel = false

    /// Checks at loops and calls whether the engine's epoch passed the store's deadline.
    public var checksEpochs = false

    /// Compiles with several threads. Only for a process that does nothing but compile: a process that forks has one.
    public var compilesInParallel = false

    /// Bytes of native stack that the guest may use before it traps. The thread that calls has to have this and 256 KiB more.
    public var maximumStack = 1 << 20

    /// Bytes of native stack of a fiber: `maximumStack` and room for host functions.
    public var fiberStack = 2 << 20

    /// Bytes of address space held for each linear memory; nil leaves the engine's own choice of 4 GiB, where bounds checks
    /// of 32-bit memories cost nothing.
    public var memoryReservation: UInt64?

    /// Bytes of address space without access behind each linear memory; nil leaves the engine's own choice.
    public var memoryGuard: UInt64?

    /// Speed of the code above speed of compiling.
    public var optimizes = true

    public init() {}

    /// The engine's version, which takes part in every cache key.
    public static let engineVersion = "50.0.1"
}

extension EngineConfiguration {
    /// Names what a compiled module depends on besides its source: engine version, the settings that shape code, and this
    /// processor's features. A file name, 30 to 40 characters long.
    public var fingerprint: String {
        var hash = StableHash()
        // Settings that don't shape code (parallel compilation, fiber stacks) stay out: one entry serves both.
        hash.add([consumesFuel, checksEpochs, optimizes].reduce(0) { $0 << 1 | ($1 ? 1 : 0) })
        hash.add(UInt64(maximumStack))
        hash.add(memoryReservation ?? .max)
        hash.add(memoryGuard ?? .max)
        hash.add(Self.settingsRevision)
        for word in ProcessorFeatures.words { hash.add(UInt64(word)) }
        return "wasmtime-\(Self.engineVersion)-\(ProcessorFeatures.architecture)-\(hash.text)"
    }

    /// Raised when `Engine` sets something that shapes code and isn't in this structure.
    private static let settingsRevision: UInt64 = 1
}
