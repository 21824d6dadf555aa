import CWasmtime
import Testing

/// Descriptions of types, errors, traps, frames and the rest of the structs.
@Suite struct TypeLayoutTests {
    @Test func valueTypesOfEveryKindAreDescribed() throws {
        let library = try Library()
        let module = try library.module(
            """
            (module (type $s (struct)) (type $a (array i32)) (type $f (func))
              (func (export "f") (param i32 i64 f32 f64 v128 externref funcref anyref eqref i31ref structref arrayref exnref
                nullref nullexternref nullfuncref (ref extern) (ref null $s) (ref $a) (ref $f))))
            """)
        defer { wasmtime_module_delete(module) }
        var exports = wasm_exporttype_vec_t()
        wasmtime_module_exports(module, &exports)
        defer { wasm_exporttype_vec_delete(&exports) }
        #expect(exports.size == 1)
        let function = try #require(wasm_externtype_as_functype_const(wasm_exporttype_type(exports.data[0])))
        let list = try #require(wasm_functype_params(function)).pointee
        var seen: [[Int]] = []
        for index in 0..<list.size {
            var type = wasmtime_valtype_t()
            wasmtime_valtype_new(list.data[index], &type)
            if Int(type.kind) == MARTLET_TYPE_REFERENCE {
                seen.append([Int(type.reference.heap.kind), type.reference.nullable ? 1 : 0])
                // Back and forth once more.
                if type.reference.heap.kind != UInt8(MARTLET_HEAP_CONCRETE_STRUCT) {
                    let again = wasmtime_valtype_to_wasm(library.engine, &type)
                    var copy = wasmtime_valtype_t()
                    wasmtime_valtype_new(again, &copy)
                    #expect(copy.reference.heap.kind == type.reference.heap.kind)
                    #expect(copy.reference.nullable == type.reference.nullable)
                    wasmtime_valtype_delete(&copy)
                    wasm_valtype_delete(again)
                }
            } else {
                seen.append([Int(type.kind)])
            }
            wasmtime_valtype_delete(&type)
        }
        #expect(
            seen == [
                [0], [1], [2], [3], [4], [MARTLET_HEAP_EXTERN, 1], [MARTLET_HEAP_FUNC, 1], [MARTLET_HEAP_ANY, 1],
                [MARTLET_HEAP_EQ, 1], [MARTLET_HEAP_I31, 1], [MARTLET_HEAP_STRUCT, 1], [MARTLET_HEAP_ARRAY, 1],
                [MARTLET_HEAP_EXN, 1], [MARTLET_HEAP_NONE, 1], [MARTLET_HEAP_NOEXTERN, 1], [MARTLET_HEAP_NOFUNC, 1],
                [MARTLET_HEAP_EXTERN, 0], [MARTLET_HEAP_CONCRETE_STRUCT, 1], [MARTLET_HEAP_CONCRETE_ARRAY, 0],
                [MARTLET_HEAP_CONCRETE_FUNC, 0],
            ])
    }

    @Test func importsHaveModuleNameAndKind() throws {
        let library = try Library()
        let module = try library.module(
            """
            (module (import "a" "func" (func)) (import "b" "global" (global (mut f32)))
              (import "c" "table" (table 1 externref)) (import "d" "memory" (memory 1)) (import "e" "tag" (tag)))
            """)
        defer { wasmtime_module_delete(module) }
        var imports = wasm_importtype_vec_t()
        wasmtime_module_imports(module, &imports)
        defer { wasm_importtype_vec_delete(&imports) }
        func text(_ bytes: UnsafePointer<wasm_byte_vec_t>?) -> String {
            bytes.map {
                String(decoding: UnsafeBufferPointer(start: $0.pointee.data, count: $0.pointee.size), as: UTF8.self)
            }
                ?? ""
        }
        var seen: [String] = []
        for index in 0..<imports.size {
            let item = imports.data[index]
            let kind = wasm_externtype_kind(wasm_importtype_type(item))
            seen.append("\(text(wasm_importtype_module(item))).\(text(wasm_importtype_name(item))) \(kind)")
        }
        #expect(seen == ["a.func 0", "b.global 1", "c.table 2", "d.memory 3", "e.tag 4"])
        let global = wasm_externtype_as_globaltype_const(wasm_importtype_type(imports.data[1]))
        #expect(wasm_globaltype_mutability(global) == 1)
        var content = wasmtime_valtype_t()
        wasmtime_valtype_new(wasm_globaltype_content(global), &content)
        #expect(Int(content.kind) == MARTLET_TYPE_F32)
        let table = wasm_externtype_as_tabletype_const(wasm_importtype_type(imports.data[2]))
        wasmtime_valtype_new(wasm_tabletype_element(table), &content)
        #expect(Int(content.reference.heap.kind) == MARTLET_HEAP_EXTERN)
    }

    @Test func trapsHaveCodeMessageAndFrames() throws {
        let library = try Library()
        let instance = try library.instance(
            "(module $m (func $inner (unreachable)) (func (export \"go\") (call $inner)))")
        var function = try library.export(instance, "go").of.func
        var trap: OpaquePointer?
        try check(wasmtime_func_call(library.context, &function, nil, 0, nil, 0, &trap))
        let found = try #require(trap)
        var code: UInt8 = 0
        #expect(wasmtime_trap_code(found, &code))
        #expect(code == 9)
        var message = wasm_byte_vec_t()
        wasm_trap_message(found, &message)
        #expect(message.data[message.size - 1] == 0)
        wasm_byte_vec_delete(&message)
        var frames = wasm_frame_vec_t()
        wasm_trap_trace(found, &frames)
        #expect(frames.size == 2)
        #expect(wasm_frame_func_index(frames.data[1]) == 1)
        #expect(wasm_frame_module_offset(frames.data[0]) > 8)
        let name = try #require(wasmtime_frame_func_name(frames.data[0])).pointee
        #expect(String(decoding: UnsafeBufferPointer(start: name.data, count: name.size), as: UTF8.self) == "inner")
        let module = try #require(wasmtime_frame_module_name(frames.data[0])).pointee
        #expect(String(decoding: UnsafeBufferPointer(start: module.data, count: module.size), as: UTF8.self) == "m")
        wasm_frame_vec_delete(&frames)
        wasm_trap_delete(found)
    }

    @Test func fuelAndDataOfAContextComeBack() throws {
        let library = try Library()
        var fuel: UInt64 = 0
        try check(wasmtime_context_set_fuel(library.context, 0x0123_4567_89ab))
        try check(wasmtime_context_get_fuel(library.context, &fuel))
        #expect(fuel == 0x0123_4567_89ab)
        let marker = UnsafeMutableRawPointer(bitPattern: 0x1000)
        wasmtime_context_set_data(library.context, marker)
        #expect(wasmtime_context_get_data(library.context) == marker)
    }

    @Test func serializedModulesComeBack() throws {
        let library = try Library()
        let module = try library.module("(module (func (export \"x\")))")
        var bytes = wasm_byte_vec_t()
        try check(wasmtime_module_serialize(module, &bytes))
        wasmtime_module_delete(module)
        var again: OpaquePointer?
        try check(wasmtime_module_deserialize(library.engine, bytes.data, bytes.size, &again))
        wasm_byte_vec_delete(&bytes)
        wasmtime_module_delete(again)
    }

    @Test func aContinuationIsAskedAndFinalized() throws {
        let library = try Library()
        let linker = try #require(wasmtime_linker_new(library.engine))
        let type = try functionType(library, [0], [0])
        defer { wasm_functype_delete(type) }
        // Counts: polls, finalized continuations, finalized definitions; then the place of the result.
        let counts = UnsafeMutablePointer<Int>.allocate(capacity: 4)
        counts.initialize(repeating: 0, count: 4)
        defer { counts.deallocate() }
        let callback: wasmtime_func_async_callback_t = {
            environment, _, arguments, argumentCount, results, resultCount, _, continuation in
            guard let environment, let arguments, let results, let continuation, argumentCount == 1, resultCount == 1
            else { return }
            let counts = environment.assumingMemoryBound(to: Int.self)
            results[0].kind = UInt8(MARTLET_VALUE_I32)
            results[0].of.i32 = arguments[0].of.i32 + 1
            continuation.pointee = wasmtime_async_continuation_t(
                callback: { environment in
                    guard let counts = environment?.assumingMemoryBound(to: Int.self) else { return true }
                    counts[0] += 1
                    return counts[0] == 3
                }, env: counts,
                finalizer: { $0?.assumingMemoryBound(to: Int.self)[1] += 1 })
        }
        try check(
            wasmtime_linker_define_async_func(
                linker, "h", 1, "wait", 4, type, callback, counts,
                { $0?.assumingMemoryBound(to: Int.self)[2] += 1 }))
        let module = try library.module(
            """
            (module (import "h" "wait" (func $w (param i32) (result i32)))
              (func (export "go") (param i32) (result i32) (call $w (local.get 0))))
            """)
        var prepared: OpaquePointer?
        try check(wasmtime_linker_instantiate_pre(linker, module, &prepared))
        var instance = wasmtime_instance_t()
        var trap: OpaquePointer?
        var error: OpaquePointer?
        let making = wasmtime_instance_pre_instantiate_async(prepared, library.context, &instance, &trap, &error)
        #expect(wasmtime_call_future_poll(making))
        wasmtime_call_future_delete(making)
        var function = try library.export(instance, "go").of.func
        var argument = wasmtime_val_t()
        argument.of.i32 = 41
        let result = UnsafeMutablePointer<wasmtime_val_t>.allocate(capacity: 1)
        defer { result.deallocate() }
        result.initialize(to: wasmtime_val_t())
        let call = wasmtime_func_call_async(
            library.context, &function, &argument, 1, result, 1, &trap, &error)
        var polls = 1
        while !wasmtime_call_future_poll(call) { polls += 1 }
        wasmtime_call_future_delete(call)
        #expect(polls == 3)
        #expect(result.pointee.of.i32 == 42)
        #expect(counts[1] == 1)
        wasmtime_instance_pre_delete(prepared)
        wasmtime_module_delete(module)
        wasmtime_linker_delete(linker)
    }

    @Test func theProcessorHasFeatures() {
        var words = [UInt32](repeating: 0, count: Int(MARTLET_PROCESSOR_WORDS))
        let count = Int(martlet_processor_features(&words))
        #expect(count >= 4)
        #expect(words.prefix(count).contains { $0 != 0 })
    }
}
