import Testing
import WasmEngine

/// Good binaries with bytes changed: whatever the compiler and the engine say to them, this process goes on.
@Suite struct MutantTests {
    static let mutantsForEachSeed = 450

    static let seeds = [
        """
        (module (import "h" "f" (func $f (param i32) (result i32))) (memory (export "memory") 1 4)
          (table 4 funcref) (elem (i32.const 0) $f $loop) (global $g (mut i32) (i32.const 3))
          (func $loop (export "go") (param i32) (result i32) (local i64 f64)
            (block $out (loop $l (br_if $out (i32.eqz (local.get 0)))
              (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
              (i32.store (i32.mul (local.get 0) (i32.const 4)) (call $f (local.get 0))) (br $l)))
            (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
          (data (i32.const 16) "some data in the memory"))
        """,
        """
        (module (type $s (struct (field (mut i32)) (field i64))) (type $a (array (mut i8)))
          (tag $t (param i32)) (func $throw (throw $t (i32.const 1)))
          (func (export "go") (param i32) (result i32) (local (ref null $s))
            (local.set 1 (struct.new $s (local.get 0) (i64.const 2)))
            (drop (array.len (array.new_default $a (i32.const 10))))
            (block $caught (result i32) (try_table (catch $t $caught) (call $throw))
              (struct.get $s 0 (ref.as_non_null (local.get 1))))))
        """,
        """
        (module (memory (export "memory") i64 1) (memory $b 1 2 shared)
          (func (export "go") (param i32) (result i32)
            (v128.store (i64.const 0) (i8x16.splat (local.get 0)))
            (drop (i32.atomic.rmw.add $b (i32.const 0) (i32.const 1)))
            (memory.fill (i64.const 100) (i32.const 1) (i64.const 100))
            (i32x4.extract_lane 0 (f32x4.add (v128.load (i64.const 0)) (v128.const f32x4 1 2 3 4)))
            (return_call 1 (i32.const 2)))
          (func (param i32) (result i32) (i32.popcnt (local.get 0))))
        """,
        """
        (module $names (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 2) (func $a (result i32) (i32.const 1)) (func $b (param i64 i64) (result i64 i64)
            (i64.add128 (local.get 0) (local.get 1) (i64.const 1) (i64.const 2)))
          (func (export "go") (param i32) (result i32) (if (result i32) (local.get 0) (then (call $a)) (else (i32.const 2))))
          (func (export "_start") (drop (call 1 (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
          (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00") (data $passive "hello"))
        """,
        """
        (module (table $t i64 10 100 externref) (table $f 3 (ref null func)) (start $s) (func $s)
          (elem $e func $s $s) (elem declare func $s)
          (global (export "g1") funcref (ref.func $s)) (global (export "g2") v128 (v128.const i64x2 1 2))
          (global i32 (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))
          (func (export "go") (param i32) (result i32)
            (table.init $f $e (i32.const 0) (i32.const 0) (i32.const 2))
            (block $b0 (block $b1 (block $b2 (br_table $b0 $b1 $b2 (local.get 0))) (return (i32.const 1))) (return (i32.const 2)))
            (i32.wrap_i64 (table.size $t))))
        """,
    ]

    @Test(arguments: seeds.indices)
    func aMutantNeverEndsTheProcess(_ number: Int) throws {
        let engine = try Fixtures.engine {
            $0.consumesFuel = true
            $0.optimizes = false
        }
        let good = try ModuleText.binary(fromText: Self.seeds[number])
        _ = try Module.compile(engine, good)
        var random = SeededGenerator(seed: UInt64(number) + 1)
        var compiled = 0
        for _ in 0..<Self.mutantsForEachSeed {
            let mutant = Self.mutate(good, &random)
            guard let module = try? Module.compile(engine, mutant) else { continue }
            compiled += 1
            // It passed: then it is also described, stored and run, under limits.
            _ = module.imports.map(\.type.description) + module.exports.map(\.type.description)
            #expect(try module.serialize().count > 0)
            try run(module, engine)
        }
        // Otherwise the mutations would all be caught by the first check.
        #expect(compiled > 10)
    }

    private func run(_ module: Module, _ engine: Engine) throws {
        var limits = StoreLimits(memoryBytes: 8 << 20)
        limits.fuel = 50_000
        limits.tableElements = 10_000
        let linker = try Linker(engine)
        try linker.defineMissingImportsAsTraps(of: module)
        guard let instance = try? linker.instantiate(module, in: Store(engine, limits: limits)) else { return }
        for export in module.exports {
            guard case .function(let type) = export.type, type.parameters.count <= 1 else { continue }
            _ = try? instance.call(export.name, type.parameters.map { $0 == .i32 ? .i32(3) : .i64(3) })
        }
    }

    /// One to four changes: a byte, a bit, a piece removed, doubled, or cut off at the end.
    static func mutate(_ good: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = good
        for _ in 0..<Int.random(in: 1...4, using: &random) where bytes.count > 16 {
            let place = Int.random(in: 4..<bytes.count, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 4..<7: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 7: bytes.removeSubrange(place..<min(place + Int.random(in: 1...4, using: &random), bytes.count))
            case 8: bytes.insert(contentsOf: bytes[place..<min(place + 4, bytes.count)], at: place)
            default: bytes.removeSubrange(max(place, bytes.count - 40)...)
            }
        }
        return bytes
    }
}
