import Testing
import WasmEngine

@Suite struct CallTests {
    @Test func everyNumberGoesInAndComesOut() throws {
        let instance = try Fixtures.instance(
            """
            (module (func (export "all") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
              (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))
            """)
        let results = try instance.call(
            "all", [.i32(-7), .i64(.min), .f32(1.5), .f64(-2.25), .v128(low: 0x0123_4567_89ab_cdef, high: .max)])
        #expect(
            results == [.v128(low: 0x0123_4567_89ab_cdef, high: .max), .f64(-2.25), .f32(1.5), .i64(.min), .i32(-7)])
    }

    @Test func referencesComeOutAsNullOrNot() throws {
        let instance = try Fixtures.instance(
            """
            (module (func $f (export "refs") (result funcref externref anyref anyref)
              (ref.func $f) (ref.null extern) (ref.null any) (ref.i31 (i32.const 5)))
              (elem declare func $f))
            """)
        #expect(
            try instance.call("refs") == [
                .reference(.function, isNull: false), .reference(.extern, isNull: true), .reference(.any, isNull: true),
                .reference(.any, isNull: false),
            ])
    }

    @Test func wrongArgumentsAreRefusedBeforeTheCall() throws {
        let instance = try Fixtures.instance(
            "(module (func (export \"f\") (param i32)) (func (export \"r\") (param (ref extern))))")
        #expect(throws: EngineError.self) { try instance.call("f", []) }
        #expect(throws: EngineError.self) { try instance.call("f", [.i64(1)]) }
        #expect(throws: EngineError.self) { try instance.call("f", [.i32(1), .i32(2)]) }
        #expect(throws: EngineError.self) { try instance.call("r", [.reference(.extern, isNull: true)]) }
        #expect(throws: EngineError.self) { try instance.call("missing") }
        #expect(try instance.call("f", [.i32(1)]) == [])
    }

    @Test func aHostFunctionReadsArgumentsAndWritesResults() throws {
        let instance = try Fixtures.instance(
            """
            (module (import "h" "mix" (func $mix (param i32 i64 f32 f64) (result f64 i32)))
              (func (export "go") (result f64 i32)
                (call $mix (i32.const -3) (i64.const 40) (f32.const 0.5) (f64.const 2))))
            """
        ) { linker in
            try linker.define("h", "mix", parameters: [.i32, .i64, .f32, .f64], results: [.f64, .i32]) { _, values in
                let sum = Double(values[i32: 0]) + Double(values[i64: 1]) + Double(values[f32: 2]) + values[f64: 3]
                values[f64: 0] = sum
                values[i32: 1] = -1
            }
        }
        #expect(try instance.call("go") == [.f64(39.5), .i32(-1)])
    }

    @Test func anErrorOfTheHostComesBackAsTheSameValue() throws {
        struct Failure: Error, Equatable { var number: Int }
        let instance = try Fixtures.instance(
            """
            (module $guest (import "h" "fail" (func $fail)) (func $inner (call $fail)) (func (export "go") (call $inner)))
            """
        ) { linker in
            try linker.define("h", "fail", parameters: [], results: []) { (_, _) throws(Trap) in
                throw Trap(Failure(number: 42))
            }
        }
        let error = #expect(throws: EngineError.self) { try instance.call("go") }
        guard case .host(let thrown)? = error?.trap?.reason else {
            Issue.record("not an error of the host: \(String(describing: error))")
            return
        }
        #expect(thrown as? Failure == Failure(number: 42))
        #expect(error?.trap?.backtrace.map(\.function) == ["inner", nil])
        #expect(error?.trap?.backtrace.first?.module == "guest")
        #expect(error?.trap?.description.contains("guest!inner") == true)
        // A host's error doesn't give the store up: a second call is fine.
        #expect(throws: EngineError.self) { try instance.call("go") }
        #expect(instance.store.deathReason == nil)
    }

    @Test func anExitCarriesItsCodeAndEndsTheStore() throws {
        let instance = try Fixtures.instance(
            "(module (import \"h\" \"exit\" (func $e (param i32))) (func (export \"go\") (call $e (i32.const 3))))"
        ) { linker in
            try linker.define("h", "exit", parameters: [.i32], results: []) { (_, values) throws(Trap) in
                throw Trap.exit(values[i32: 0])
            }
        }
        let error = #expect(throws: EngineError.self) { try instance.call("go") }
        #expect(error?.trap?.exitCode == 3)
        let second = #expect(throws: EngineError.self) { try instance.call("go") }
        #expect(second?.description.contains("given up") == true)
    }

    @Test func aTrapHasACodeAndABacktraceWithOffsets() throws {
        let instance = try Fixtures.instance(
            """
            (module $m (func $deep (unreachable)) (func $middle (call $deep)) (func (export "go") (call $middle))
              (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))))
            """)
        let trap = #expect(throws: EngineError.self) { try instance.call("go") }?.trap
        #expect(trap?.code == .unreachable)
        #expect(trap?.backtrace.map(\.function) == ["deep", "middle", nil])
        #expect(trap?.backtrace.map(\.functionIndex) == [0, 1, 2])
        #expect(trap?.backtrace.allSatisfy { ($0.moduleOffset ?? 0) > 8 } == true)
        #expect(try instance.call("divide", [.i32(1)]) == [.i32(1)])
        #expect(throws: EngineError.self) { try instance.call("divide", [.i32(0)]) }
    }

    @Test func anUncaughtExceptionIsATrap() throws {
        let instance = try Fixtures.instance(
            "(module (tag $t (param i32)) (func (export \"go\") (throw $t (i32.const 1))))")
        let error = #expect(throws: EngineError.self) { try instance.call("go") }
        #expect(error?.trap != nil)
    }

    @Test func aMissingImportIsNamed() throws {
        let error = #expect(throws: EngineError.self) {
            try Fixtures.instance("(module (import \"env\" \"absent\" (func)))")
        }
        #expect(error?.reason.contains("env::absent") == true)
        let wrong = #expect(throws: EngineError.self) {
            try Fixtures.instance("(module (import \"h\" \"f\" (func (param i64))))") { linker in
                try linker.define("h", "f", parameters: [.i32], results: []) { _, _ in }
            }
        }
        #expect(wrong?.reason.contains("incompatible import type") == true)
    }

    @Test func aNameIsDefinedOnce() throws {
        let linker = try Linker(Fixtures.engine.get())
        try linker.define("h", "f", parameters: [], results: []) { _, _ in }
        #expect(throws: EngineError.self) { try linker.define("h", "f", parameters: [], results: []) { _, _ in } }
    }

    @Test func aHostFunctionMayCallBackIntoTheGuest() throws {
        final class Box: @unchecked Sendable { var instance: Instance? }
        let box = Box()
        let instance = try Fixtures.instance(
            """
            (module (import "h" "back" (func $back (param i32) (result i32)))
              (memory (export "memory") 1)
              (func (export "grow") (result i32) (memory.grow (i32.const 1)))
              (func (export "go") (result i32) (call $back (i32.const 70000))))
            """
        ) { linker in
            try linker.define("h", "back", parameters: [.i32], results: [.i32]) { (caller, values) throws(Trap) in
                let before = caller.memory.size
                do throws(EngineError) { try box.instance?.call("grow") } catch { throw Trap(error) }
                do throws(GuestMemoryFault) {
                    try caller.memory.store(UInt32(7), at: UInt64(values[u32: 0]))
                    values[i32: 0] =
                        Int32(caller.memory.size - before) + (try caller.memory.load(Int32.self, at: 70_000))
                } catch { throw Trap(error) }
            }
        }
        box.instance = instance
        #expect(try instance.call("go") == [.i32(65_543)])
        box.instance = nil
    }
}
