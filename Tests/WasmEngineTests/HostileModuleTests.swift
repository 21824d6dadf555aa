import SystemCalls
import Testing
import WasmEngine

/// Guests that try to use up the host. Each is stopped, and the process goes on.
@Suite struct HostileModuleTests {
    static let loop = "(module (func (export \"go\") (loop (br 0))))"

    @Test func anEndlessLoopIsCutByTheEpoch() throws {
        let engine = try Fixtures.engine { $0.checksEpochs = true }
        let instance = try Fixtures.instance(Self.loop, engine: engine)
        instance.store.setEpochDeadline(ticks: 2)
        let timer = try JoinableThread {
            for _ in 0..<3 {
                pause(milliseconds: 10)
                engine.incrementEpoch()
            }
        }
        let error = #expect(throws: EngineError.self) { try instance.call("go") }
        #expect(error?.trap?.code == .interrupted)
        // What was cut off is never used again.
        #expect(instance.store.deathReason != nil)
        #expect(throws: EngineError.self) { try instance.call("go") }
        #expect(throws: EngineError.self) { try Linker(engine).instantiate(instance.module, in: instance.store) }
        _ = consume timer
    }

    @Test func aStoreWithoutADeadlineRuns() throws {
        let engine = try Fixtures.engine { $0.checksEpochs = true }
        let instance = try Fixtures.instance("(module (func (export \"go\")))", engine: engine)
        for _ in 0..<1_000 { engine.incrementEpoch() }
        try instance.call("go")
    }

    @Test func anEndlessLoopIsCutByFuel() throws {
        let engine = try Fixtures.engine { $0.consumesFuel = true }
        var limits = StoreLimits()
        limits.fuel = 100_000
        let instance = try Fixtures.instance(Self.loop, limits: limits, engine: engine)
        #expect(try instance.store.fuel() == 100_000)
        let error = #expect(throws: EngineError.self) { try instance.call("go") }
        #expect(error?.trap?.code == .outOfFuel)
        #expect(throws: EngineError.self) { try instance.call("go") }
    }

    @Test func fuelIsCountedAndCanBeRefilled() throws {
        let engine = try Fixtures.engine { $0.consumesFuel = true }
        let instance = try Fixtures.instance("(module (func (export \"go\")))", engine: engine)
        try instance.store.setFuel(1_000)
        try instance.call("go")
        let left = try instance.store.fuel()
        #expect(left < 1_000 && left > 900)
        #expect(throws: EngineError.self) { _ = try Store(Fixtures.engine.get()).fuel() }
    }

    @Test func aLoopInAStartFunctionIsCutToo() throws {
        let engine = try Fixtures.engine { $0.consumesFuel = true }
        var limits = StoreLimits()
        limits.fuel = 100_000
        let error = #expect(throws: EngineError.self) {
            try Fixtures.instance("(module (func $s (loop (br 0))) (start $s))", limits: limits, engine: engine)
        }
        #expect(error?.trap?.code == .outOfFuel)
    }

    @Test func endlessGrowthStopsAtTheLimit() throws {
        let instance = try Fixtures.instance(
            """
            (module (memory (export "memory") 1)
              (func (export "grow") (result i32) (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
                (memory.size)))
            """, limits: StoreLimits(memoryBytes: 4 << 20))
        #expect(try instance.call("grow") == [.i32(64)])
        #expect(throws: EngineError.self) {
            try Fixtures.instance("(module (memory 65))", limits: StoreLimits(memoryBytes: 4 << 20))
        }
    }

    @Test func growthOf64BitMemoryStopsAtTheLimit() throws {
        let instance = try Fixtures.instance(
            """
            (module (memory i64 1) (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))
            """, limits: StoreLimits(memoryBytes: 1 << 20))
        for pages in [Int64(16), 1 << 20, 1 << 40, .max, -1, .min] {
            #expect(try instance.call("grow", [.i64(pages)]) == [.i64(-1)])
        }
        #expect(try instance.call("grow", [.i64(15)]) == [.i64(1)])
        // Declared from the start.
        #expect(throws: EngineError.self) {
            try Fixtures.instance("(module (memory i64 0x1000000000))", limits: StoreLimits(memoryBytes: 1 << 20))
        }
    }

    @Test func manyMemoriesAndInstancesStopAtTheLimit() throws {
        var limits = StoreLimits(memoryBytes: 1 << 20)
        limits.memories = 3
        let memories = String(repeating: "(memory 1)", count: 4)
        #expect(throws: EngineError.self) { try Fixtures.instance("(module \(memories))", limits: limits) }
        limits.instances = 2
        let engine = try Fixtures.engine.get()
        let store = try Store(engine, limits: limits)
        let prepared = try Linker(engine).prepare(Fixtures.module("(module)"))
        _ = try prepared.instantiate(in: store)
        _ = try prepared.instantiate(in: store)
        #expect(throws: EngineError.self) { _ = try prepared.instantiate(in: store) }
    }

    @Test func giantTablesAreRefusedOrStopAtTheLimit() throws {
        var limits = StoreLimits()
        limits.tableElements = 1_000
        #expect(throws: EngineError.self) { try Fixtures.instance("(module (table 1001 funcref))", limits: limits) }
        // The default limit, against what can be declared at most.
        #expect(throws: EngineError.self) { try Fixtures.instance("(module (table 0xffffffff funcref))") }
        let instance = try Fixtures.instance(
            """
            (module (table 1 funcref) (func (export "grow") (param i32) (result i32)
              (table.grow (ref.null func) (local.get 0))))
            """, limits: limits)
        #expect(try instance.call("grow", [.i32(1_000)]) == [.i32(-1)])
        #expect(try instance.call("grow", [.i32(-1)]) == [.i32(-1)])
        #expect(try instance.call("grow", [.i32(999)]) == [.i32(1)])
    }

    @Test func aTableThatTheLibraryCantDescribeIsDescribed() throws {
        let text = """
            (module (import "a" "t" (table i64 0 0xffffffffffff funcref)) (table (export "t") i64 0x100000000 funcref))
            """
        let module = try Fixtures.module(text)
        #expect(module.exports.map(\.type.description) == ["table funcref"])
        #expect(module.imports.map(\.type.description) == ["table funcref"])
    }

    @Test func deepRecursionIsATrap() throws {
        let instance = try Fixtures.instance(
            """
            (module (func $f (export "go") (param i64) (result i64)
                (i64.add (i64.const 1) (call $f (i64.add (local.get 0) (i64.const 1)))))
              (func (export "fine") (result i32) (i32.const 1)))
            """)
        let error = #expect(throws: EngineError.self) { try instance.call("go", [.i64(0)]) }
        #expect(error?.trap?.code == .stackOverflow)
        #expect((error?.trap?.backtrace.count ?? 0) <= 128)
    }

    @Test func deepRecursionThroughTheHostIsATrap() throws {
        final class Box: @unchecked Sendable { var instance: Instance? }
        let box = Box()
        let instance = try Fixtures.instance(
            "(module (import \"h\" \"again\" (func $a)) (func (export \"go\") (call $a)))"
        ) { linker in
            try linker.define("h", "again", parameters: [], results: []) { (_, _) throws(Trap) in
                do throws(EngineError) { try box.instance?.call("go") } catch {
                    throw error.trap ?? Trap(error)
                }
            }
        }
        box.instance = instance
        // The guest's stack is counted from the outermost call, so that the host's frames are counted with it.
        let error = #expect(throws: EngineError.self) { try instance.call("go") }
        #expect(error?.trap?.code == .stackOverflow)
        box.instance = nil
    }

    @Test func deepRecursionInAFiberIsATrap() throws {
        let engine = try Fixtures.engine.get()
        let linker = try Linker(engine)
        try linker.defineSuspending("h", "wait", parameters: [], results: []) { _, _ in nil }
        let instance = try linker.instantiate(
            Fixtures.module(
                """
                (module (import "h" "wait" (func $w)) (func $f (export "go") (result i32)
                  (i32.add (i32.const 1) (call $f))))
                """), in: Store(engine))
        let error = #expect(throws: EngineError.self) { _ = try Fiber(instance.function("go")).resume() }
        #expect(error?.trap?.code == .stackOverflow)
    }

    @Test func garbageCollectedObjectsAreBounded() throws {
        let instance = try Fixtures.instance(
            """
            (module (type $n (struct (field (ref null $n)) (field i64)))
              (global $head (mut (ref null $n)) (ref.null $n))
              (func (export "go") (loop (global.set $head (struct.new $n (global.get $head) (i64.const 1))) (br 0))))
            """, limits: StoreLimits(memoryBytes: 8 << 20))
        let error = #expect(throws: EngineError.self) { try instance.call("go") }
        #expect(error != nil)
    }

    @Test func stackSwitchingIsRefusedWithAnError() throws {
        let text = """
            (module (type $f (func)) (type $c (cont $f)) (func $g) (elem declare func $g)
              (func (export "go") (drop (cont.new $c (ref.func $g)))))
            """
        let bytes = try ModuleText.binary(fromText: text)
        let error = #expect(throws: EngineError.self) { try Module.compile(Fixtures.engine.get(), bytes) }
        #expect(error?.reason.contains("stack switching") == true, "\(String(describing: error))")
        #expect(throws: EngineError.self) { try Module.validate(Fixtures.engine.get(), bytes) }
    }

    @Test func aComponentIsNoModule() throws {
        let bytes = try ModuleText.binary(fromText: "(component)")
        #expect(throws: EngineError.self) { try Module.compile(Fixtures.engine.get(), bytes) }
    }

    @Test func textThatIsNoTextIsAnErrorWithAPlace() {
        let error = #expect(throws: EngineError.self) { try ModuleText.binary(fromText: "(module\n  (fonc))") }
        #expect(error?.reason.contains("2:") == true)
        #expect(throws: EngineError.self) { try ModuleText.binary(fromText: String(repeating: "(", count: 100_000)) }
        #expect(throws: EngineError.self) { try ModuleText.binary(fromText: "(module (func \0))") }
    }
}
