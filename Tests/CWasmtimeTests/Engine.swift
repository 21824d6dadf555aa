import CWasmtime
import Testing

/// The library through its bare C functions, for tests of the declarations alone.
final class Library {
    let engine: OpaquePointer
    let store: OpaquePointer
    let context: OpaquePointer

    init() throws {
        let config = try #require(wasm_config_new())
        wasmtime_config_wasm_memory64_set(config, true)
        wasmtime_config_wasm_multi_memory_set(config, true)
        wasmtime_config_wasm_gc_set(config, true)
        wasmtime_config_wasm_function_references_set(config, true)
        wasmtime_config_wasm_reference_types_set(config, true)
        wasmtime_config_wasm_exceptions_set(config, true)
        wasmtime_config_wasm_simd_set(config, true)
        wasmtime_config_wasm_threads_set(config, true)
        wasmtime_config_shared_memory_set(config, true)
        wasmtime_config_consume_fuel_set(config, true)
        engine = try #require(wasm_engine_new_with_config(config))
        store = try #require(wasmtime_store_new(engine, nil, nil))
        context = try #require(wasmtime_store_context(store))
        #expect(wasmtime_context_set_fuel(context, 1 << 40) == nil)
    }

    deinit {
        wasmtime_store_delete(store)
        wasm_engine_delete(engine)
    }

    func module(_ text: String) throws -> OpaquePointer {
        var bytes = wasm_byte_vec_t()
        try check(text.withCString { wasmtime_wat2wasm($0, text.utf8.count, &bytes) })
        defer { wasm_byte_vec_delete(&bytes) }
        var module: OpaquePointer?
        try check(wasmtime_module_new(engine, bytes.data, bytes.size, &module))
        return try #require(module)
    }

    func instance(_ text: String, linker: OpaquePointer? = nil) throws -> wasmtime_instance_t {
        let module = try module(text)
        defer { wasmtime_module_delete(module) }
        let linker = try #require(linker ?? wasmtime_linker_new(engine))
        defer { wasmtime_linker_delete(linker) }
        var prepared: OpaquePointer?
        try check(wasmtime_linker_instantiate_pre(linker, module, &prepared))
        defer { wasmtime_instance_pre_delete(prepared) }
        var instance = wasmtime_instance_t()
        var trap: OpaquePointer?
        try check(wasmtime_instance_pre_instantiate(prepared, context, &instance, &trap))
        #expect(trap == nil)
        return instance
    }

    func export(_ instance: wasmtime_instance_t, _ name: String) throws -> wasmtime_extern_t {
        var instance = instance
        // Filled with a pattern: a declaration that is too small would leave the tail, one that is too large shows it.
        var item = wasmtime_extern_t()
        #expect(wasmtime_instance_export_get(context, &instance, name, name.utf8.count, &item))
        return item
    }

    func call(_ instance: wasmtime_instance_t, _ name: String, _ arguments: [wasmtime_val_t], results: Int) throws
        -> [wasmtime_val_t]
    {
        var function = try export(instance, name).of.func
        // One more than needed, which has to come back untouched.
        var guarded = [wasmtime_val_t](repeating: wasmtime_val_t(), count: results + 1)
        guarded[results].kind = 0xa5
        guarded[results].of.i64 = 0x5a5a_5a5a_5a5a_5a5a
        var trap: OpaquePointer?
        try check(
            wasmtime_func_call(context, &function, arguments, arguments.count, &guarded, results, &trap))
        #expect(trap == nil)
        #expect(guarded[results].kind == 0xa5)
        #expect(guarded[results].of.i64 == 0x5a5a_5a5a_5a5a_5a5a)
        return Array(guarded.dropLast())
    }
}

struct LibraryError: Error { var message: String }

func check(_ error: OpaquePointer?) throws {
    guard let error else { return }
    var text = wasm_byte_vec_t()
    wasmtime_error_message(error, &text)
    defer {
        wasm_byte_vec_delete(&text)
        wasmtime_error_delete(error)
    }
    throw LibraryError(
        message: String(decoding: UnsafeBufferPointer(start: text.data, count: text.size), as: UTF8.self))
}
