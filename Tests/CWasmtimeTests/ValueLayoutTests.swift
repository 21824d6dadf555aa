import CWasmtime
import Testing

/// Every kind of value through the library and back: a field at the wrong place would come back as another number.
@Suite struct ValueLayoutTests {
    @Test func sizesAreTheLibrarys() {
        #expect(MemoryLayout<wasmtime_val_raw_t>.stride == 16)
        #expect(MemoryLayout<wasmtime_valunion_t>.size == 24)
        #expect(MemoryLayout<wasmtime_val_t>.stride == 32)
        #expect(MemoryLayout<wasmtime_func_t>.size == 16)
        #expect(MemoryLayout<wasmtime_memory_t>.size == 24)
        #expect(MemoryLayout<wasmtime_extern_t>.size == 32)
        #expect(MemoryLayout<wasmtime_valtype_t>.size == 32)
    }

    @Test func numbersAndVectorsKeepTheirBits() throws {
        let library = try Library()
        let instance = try library.instance(
            """
            (module (func (export "swap") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
              (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))
            """)
        var arguments = [wasmtime_val_t](repeating: wasmtime_val_t(), count: 5)
        arguments[0].kind = UInt8(MARTLET_VALUE_I32)
        arguments[0].of.i32 = -0x0123_4567
        arguments[1].kind = UInt8(MARTLET_VALUE_I64)
        arguments[1].of.i64 = 0x0123_4567_89ab_cdef
        arguments[2].kind = UInt8(MARTLET_VALUE_F32)
        arguments[2].of.f32 = 1.25
        arguments[3].kind = UInt8(MARTLET_VALUE_F64)
        arguments[3].of.f64 = -2.5e100
        arguments[4].kind = UInt8(MARTLET_VALUE_V128)
        arguments[4].of.v128 = wasmtime_v128_t(low: 0x1111_2222_3333_4444, high: 0x5555_6666_7777_8888)
        let results = try library.call(instance, "swap", arguments, results: 5)
        #expect(results.map { Int($0.kind) } == [4, 3, 2, 1, 0])
        #expect(results[0].of.v128.low == 0x1111_2222_3333_4444)
        #expect(results[0].of.v128.high == 0x5555_6666_7777_8888)
        #expect(results[1].of.f64 == -2.5e100)
        #expect(results[2].of.f32 == 1.25)
        #expect(results[3].of.i64 == 0x0123_4567_89ab_cdef)
        #expect(results[4].of.i32 == -0x0123_4567)
    }

    @Test func referencesKeepWhatTheyReferTo() throws {
        let library = try Library()
        let instance = try library.instance(
            """
            (module (func $f (export "f") (result i32) (i32.const 77)) (elem declare func $f)
              (func (export "refs") (param externref anyref funcref) (result funcref externref anyref funcref funcref)
                (local.get 2) (local.get 0) (local.get 1) (ref.func $f) (ref.null func))
              (tag $t (param i32))
              (func (export "exception") (result exnref)
                (block $out (result exnref) (try_table (catch_all_ref $out) (throw $t (i32.const 1))) (unreachable))))
            """)
        var marker: Int32 = 5
        try withUnsafeMutablePointer(to: &marker) { marker in
            var arguments = [wasmtime_val_t](repeating: wasmtime_val_t(), count: 3)
            arguments[0].kind = UInt8(MARTLET_VALUE_EXTERNREF)
            #expect(wasmtime_externref_new(library.context, marker, nil, &arguments[0].of.gcref))
            arguments[1].kind = UInt8(MARTLET_VALUE_ANYREF)
            wasmtime_anyref_from_i31(library.context, 0x1234, &arguments[1].of.gcref)
            arguments[2].kind = UInt8(MARTLET_VALUE_FUNCREF)
            var results = try library.call(instance, "refs", arguments, results: 5)
            #expect(results[0].of.funcref.store_id == 0)
            #expect(wasmtime_externref_data(library.context, &results[1].of.gcref) == UnsafeMutableRawPointer(marker))
            var number: UInt32 = 0
            #expect(wasmtime_anyref_i31_get_u(library.context, &results[2].of.gcref, &number))
            #expect(number == 0x1234)
            // The function that came back can be called.
            var called = [wasmtime_val_t()]
            var trap: OpaquePointer?
            try check(
                wasmtime_func_call(library.context, &results[3].of.funcref, nil, 0, &called, 1, &trap))
            #expect(called[0].of.i32 == 77)
            #expect(results[4].of.funcref.store_id == 0)
            for index in results.indices { wasmtime_val_unroot(&results[index]) }
            for index in arguments.indices { wasmtime_val_unroot(&arguments[index]) }
        }
        var exception = try library.call(instance, "exception", [], results: 1)
        #expect(Int(exception[0].kind) == MARTLET_VALUE_EXNREF)
        #expect(exception[0].of.gcref.store_id != 0)
        wasmtime_val_unroot(&exception[0])
    }

    @Test func rawSlotsKeepTheirBits() throws {
        let library = try Library()
        let instance = try library.instance(
            """
            (module (func (export "swap") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
              (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))
            """)
        var function = try library.export(instance, "swap").of.func
        var slots = [wasmtime_val_raw_t](repeating: wasmtime_val_raw_t(), count: 6)
        slots[0].i32 = -5
        slots[1].i64 = .min + 1
        slots[2].f32 = 0.5
        slots[3].f64 = 0.25
        slots[4].v128 = wasmtime_v128_t(low: 1, high: 2)
        slots[5].i64 = 0x5a5a
        var trap: OpaquePointer?
        try check(wasmtime_func_call_unchecked(library.context, &function, &slots, 5, &trap))
        #expect(slots[0].v128.low == 1)
        #expect(slots[0].v128.high == 2)
        #expect(slots[1].f64 == 0.25)
        #expect(slots[2].f32 == 0.5)
        #expect(slots[3].i64 == .min + 1)
        #expect(slots[4].i32 == -5)
        #expect(slots[5].i64 == 0x5a5a)
    }

    @Test func anUncheckedHostFunctionSeesTheSlots() throws {
        let library = try Library()
        let linker = try #require(wasmtime_linker_new(library.engine))
        let type = try functionType(library, [0, 1], [1])
        defer { wasm_functype_delete(type) }
        let callback: wasmtime_func_unchecked_callback_t = { environment, caller, slots, count in
            guard count == 2, let slots, let environment, let caller else { return wasmtime_trap_new("count", 5) }
            var memory = wasmtime_extern_t()
            let context = wasmtime_caller_context(caller)
            guard wasmtime_caller_export_get(caller, "memory", 6, &memory), Int(memory.kind) == MARTLET_EXTERN_MEMORY
            else { return wasmtime_trap_new("memory", 6) }
            wasmtime_memory_data(context, &memory.of.memory)?[3] = 9
            environment.storeBytes(of: slots[0].i32, as: Int32.self)
            slots[0].i64 = Int64(slots[0].i32) + slots[1].i64
            return nil
        }
        let seen = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        defer { seen.deallocate() }
        seen.initialize(to: 0)
        try check(
            wasmtime_linker_define_func_unchecked(linker, "h", 1, "f", 1, type, callback, seen, { _ in }))
        let instance = try library.instance(
            """
            (module (import "h" "f" (func $f (param i32 i64) (result i64))) (memory (export "memory") 1)
              (func (export "go") (result i64 i32)
                (call $f (i32.const -4) (i64.const 100)) (i32.load8_u (i32.const 3))))
            """, linker: linker)
        let results = try library.call(instance, "go", [], results: 2)
        #expect(results[0].of.i64 == 96)
        #expect(results[1].of.i32 == 9)
        #expect(seen.pointee == -4)
    }
}

/// A function type from the library's numbers of value types.
func functionType(_ library: Library, _ parameters: [UInt8], _ results: [UInt8]) throws -> OpaquePointer {
    func list(_ kinds: [UInt8]) -> wasm_valtype_vec_t {
        var list = wasm_valtype_vec_t()
        wasm_valtype_vec_new_uninitialized(&list, kinds.count)
        for (index, kind) in kinds.enumerated() { list.data?[index] = wasm_valtype_new(kind) }
        return list
    }
    var left = list(parameters)
    var right = list(results)
    return try #require(wasm_functype_new(&left, &right))
}
