import SystemCalls
import Testing
import WasmEngine

@Suite struct SharedMemoryTests {
    static let text = """
        (module (import "env" "memory" (memory 1 16 shared)) (export "memory" (memory 0))
          (import "h" "read" (func $read (result i32)))
          (func (export "add") (param i32) (loop $l
            (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0))))
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "throughHost") (result i32) (call $read)))
        """

    private func prepare(limits: StoreLimits = StoreLimits()) throws -> (Engine, SharedMemory, PreparedModule) {
        let engine = try Fixtures.engine.get()
        let module = try Fixtures.module(Self.text)
        guard case .memory(let type)? = module.imports.first?.type else { throw EngineError(.linking, "", "no memory") }
        let memory = try SharedMemory(engine, for: type, limits: limits)
        let linker = try Linker(engine)
        try linker.define("env", "memory", memory, in: Store(engine))
        try linker.define("h", "read", parameters: [], results: [.i32]) { (caller, values) throws(Trap) in
            do throws(GuestMemoryFault) { values[i32: 0] = try caller.memory.load(Int32.self, at: 64) } catch {
                throw Trap(error)
            }
        }
        return (engine, memory, try linker.prepare(module))
    }

    @Test func threadsWithStoresOfTheirOwnShareOneMemory() throws {
        let (engine, memory, prepared) = try prepare()
        do {
            var threads: [Thread] = []
            for _ in 0..<4 {
                threads.append(
                    try Thread {
                        guard let instance = try? prepared.instantiate(in: Store(engine)) else { return }
                        _ = try? instance.call("add", [.i32(10_000)])
                    })
            }
            for thread in threads { thread.join() }
        }
        #expect(memory.withMemory { try? $0.load(UInt32.self, at: 64) } == 40_000)
        // Also as the exported memory of an instance made later, and from inside a host function.
        let instance = try prepared.instantiate(in: Store(engine))
        #expect(try instance.call("throughHost") == [.i32(40_000)])
        #expect(instance.withMemory { try? $0.load(UInt32.self, at: 64) } == 40_000)
    }

    @Test func growthIsSeenByAllAndStopsAtTheLimit() throws {
        let (engine, memory, prepared) = try prepare(limits: StoreLimits(memoryBytes: 4 * 65_536))
        #expect(memory.type.limits == Limits(minimum: 1, maximum: 4))
        let first = try prepared.instantiate(in: Store(engine))
        let second = try prepared.instantiate(in: Store(engine))
        #expect(try first.call("grow", [.i32(2)]) == [.i32(1)])
        #expect(memory.size == 3 * 65_536)
        #expect(second.withMemory { $0.size } == 3 * 65_536)
        // The module declares 16 pages, the limit allows 4.
        #expect(try second.call("grow", [.i32(2)]) == [.i32(-1)])
        #expect(try second.call("grow", [.i32(1)]) == [.i32(3)])
    }

    @Test func aMinimumAboveTheLimitIsRefused() throws {
        #expect(throws: EngineError.self) { _ = try prepare(limits: StoreLimits(memoryBytes: 1_000)) }
    }

    @Test func aMemoryThatIsNotSharedIsRefused() throws {
        let type = MemoryType(limits: Limits(minimum: 1, maximum: 2), is64: false, isShared: false)
        #expect(throws: EngineError.self) {
            _ = try SharedMemory(Fixtures.engine.get(), for: type, limits: StoreLimits())
        }
    }
}

/// A thread that can stand in an array.
private final class Thread {
    private var thread: JoinableThread?

    init(_ body: @escaping @Sendable () -> Void) throws { thread = try JoinableThread(body) }

    func join() { thread = nil }
}
