import Testing
import WasmEngine

/// Every standard feature is on: a module that needs it compiles, and where it is short enough, runs.
@Suite struct FeatureTests {
    struct Feature: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let result: Value
        var testDescription: String { name }

        init(_ name: String, _ result: Value, _ text: String) {
            self.name = name
            self.result = result
            self.text = text
        }
    }

    static let features = [
        Feature(
            "multi-value", .i32(3),
            """
            (func $two (result i32 i32) (i32.const 1) (i32.const 2)) (func (export "go") (result i32) (i32.add (call $two)))
            """),
        Feature(
            "bulk memory", .i32(7),
            """
            (memory 1) (func (export "go") (result i32) (memory.fill (i32.const 0) (i32.const 7) (i32.const 9))
              (memory.copy (i32.const 20) (i32.const 0) (i32.const 9)) (i32.load8_u (i32.const 28)))
            """),
        Feature(
            "reference types", .i32(1),
            """
            (table 2 externref) (func (export "go") (result i32) (ref.is_null (table.get (i32.const 1))))
            """),
        Feature(
            "SIMD", .i32(6),
            """
            (func (export "go") (result i32)
              (i32x4.extract_lane 2 (i32x4.add (v128.const i32x4 1 2 3 4) (v128.const i32x4 1 2 3 4))))
            """),
        Feature(
            "relaxed SIMD", .i32(2),
            """
            (func (export "go") (result i32) (i8x16.extract_lane_u 1
              (i8x16.relaxed_swizzle (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
                (v128.const i8x16 0 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0))))
            """),
        Feature(
            "tail calls", .i32(0),
            """
            (func $down (param i32) (result i32) (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
              (else (return_call $down (i32.sub (local.get 0) (i32.const 1))))))
            (func (export "go") (result i32) (call $down (i32.const 1000000)))
            """),
        Feature(
            "exceptions", .i32(5),
            """
            (tag $t (param i32)) (func $throw (throw $t (i32.const 5)))
            (func (export "go") (result i32)
              (block $caught (result i32) (try_table (catch $t $caught) (call $throw)) (i32.const 0)))
            """),
        Feature(
            "garbage collection", .i32(9),
            """
            (type $s (struct (field (mut i32)))) (func (export "go") (result i32) (local (ref $s))
              (local.set 0 (struct.new $s (i32.const 9))) (struct.get $s 0 (local.get 0)))
            """),
        Feature(
            "function references", .i32(4),
            """
            (type $f (func (result i32))) (func $four (result i32) (i32.const 4)) (elem declare func $four)
            (func (export "go") (result i32) (call_ref $f (ref.func $four)))
            """),
        Feature(
            "memory64", .i32(3),
            """
            (memory i64 1) (func (export "go") (result i32) (i32.store (i64.const 8) (i32.const 3)) (i32.load (i64.const 8)))
            """),
        Feature(
            "multi-memory", .i32(8),
            """
            (memory $a 1) (memory $b 1)
            (func (export "go") (result i32) (i32.store $b (i32.const 0) (i32.const 8)) (i32.load $b (i32.const 0)))
            """),
        Feature(
            "threads", .i32(1),
            """
            (memory 1 1 shared) (func (export "go") (result i32)
              (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))) (i32.atomic.load (i32.const 0)))
            """),
        Feature(
            "extended constants", .i32(42),
            """
            (global $g i32 (i32.add (i32.const 40) (i32.const 2))) (func (export "go") (result i32) (global.get $g))
            """),
        Feature(
            "wide arithmetic", .i64(1),
            """
            (func (export "go") (result i64) (local i64)
              (i64.mul_wide_u (i64.const 0x8000000000000000) (i64.const 2)) (local.set 0) (drop) (local.get 0))
            """),
        Feature(
            "sign extension", .i32(-1),
            """
            (func (export "go") (result i32) (i32.extend8_s (i32.const 0xff)))
            """),
        Feature(
            "saturating conversion", .i32(.max),
            """
            (func (export "go") (result i32) (i32.trunc_sat_f64_s (f64.const 1e100)))
            """),
    ]

    @Test(arguments: features)
    func aFeatureIsOn(_ feature: Feature) throws {
        let instance = try Fixtures.instance("(module \(feature.text))")
        #expect(try instance.call("go") == [feature.result])
        // Also compiled without optimization and with every check that can be asked for.
        let other = try Fixtures.engine {
            $0.optimizes = false
            $0.consumesFuel = true
            $0.checksEpochs = true
            $0.compilesInParallel = true
        }
        #expect(try Fixtures.instance("(module \(feature.text))", engine: other).call("go") == [feature.result])
    }

    @Test func importsAndExportsAreDescribed() throws {
        let module = try Fixtures.module(
            """
            (module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
              (import "env" "memory" (memory 1 16 shared)) (import "env" "g" (global (mut i64)))
              (func (export "_start")) (memory (export "own") i64 2) (global (export "c") f32 (f32.const 0))
              (func (export "two") (param v128) (result i32 externref) (unreachable)) (tag (export "t") (param i32)))
            """)
        #expect(
            module.imports.map { "\($0.module).\($0.name): \($0.type)" } == [
                "wasi_snapshot_preview1.fd_write: func (i32, i32, i32, i32) -> i32",
                "env.memory: memory 1...16 pages, shared", "env.g: global mut i64",
            ])
        #expect(
            module.exports.map { "\($0.name): \($0.type)" } == [
                "_start: func () -> ()", "own: memory 2 pages, 64-bit", "c: global f32",
                "two: func (v128) -> (i32, externref)", "t: tag (i32) -> ()",
            ])
    }

    @Test func settingsThatCantWorkAreRefused() {
        #expect(throws: EngineError.self) { try Fixtures.engine { $0.maximumStack = 1 } }
        #expect(throws: EngineError.self) { try Fixtures.engine { $0.fiberStack = $0.maximumStack } }
        #expect(throws: EngineError.self) { try Fixtures.engine { $0.maximumStack = .max } }
    }

    @Test func theFingerprintNamesWhatShapesCode() throws {
        let base = EngineConfiguration()
        #expect(base.fingerprint == EngineConfiguration().fingerprint)
        #expect(base.fingerprint.hasPrefix("wasmtime-50.0.1-"))
        let shaping: [@Sendable (inout EngineConfiguration) -> Void] = [
            { $0.consumesFuel = true }, { $0.checksEpochs = true }, { $0.optimizes = false },
            { $0.memoryReservation = 1 << 20 }, { $0.memoryGuard = 1 << 16 },
        ]
        var seen: Set<String> = [base.fingerprint]
        for change in shaping {
            var configuration = base
            change(&configuration)
            #expect(seen.insert(configuration.fingerprint).inserted)
        }
        var same = base
        same.compilesInParallel = true
        #expect(same.fingerprint == base.fingerprint)
    }
}
