import SystemCalls
import WasmEngine

/// Engines and modules that the tests share. Creating an engine is cheap, but not free.
enum Fixtures {
    static let engine = Result { try Engine() }

    static func module(_ text: String, _ engine: Engine? = nil) throws -> Module {
        try Module.compile(engine ?? Fixtures.engine.get(), ModuleText.binary(fromText: text))
    }

    /// An instance without imports in a store of its own.
    static func instance(
        _ text: String, limits: StoreLimits = StoreLimits(), engine: Engine? = nil,
        define: (Linker) throws -> Void = { _ in }
    ) throws -> Instance {
        let engine = try engine ?? Fixtures.engine.get()
        let linker = try Linker(engine)
        try define(linker)
        return try linker.instantiate(module(text, engine), in: Store(engine, limits: limits))
    }

    static func engine(_ change: (inout EngineConfiguration) -> Void) throws -> Engine {
        var configuration = EngineConfiguration()
        change(&configuration)
        return try Engine(configuration)
    }
}

/// A small generator with a seed, so that a failing mutation can be made again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// Waits on the thread, as the tests of clocks and timers need it.
func pause(milliseconds: UInt64) {
    var nothing: [PollRequest] = []
    _ = try? Poll.wait(&nothing, timeout: milliseconds * 1_000_000)
}
