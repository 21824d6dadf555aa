import CWasmtime
import Testing

/// Every kind of export through the library: a handle with a wrong field would refer to something else, or to another store.
@Suite struct ExternLayoutTests {
    static let text = """
        (module
          (func (export "f1") (result i32) (i32.const 1)) (func (export "f2") (result i32) (i32.const 2))
          (global (export "g1") i64 (i64.const 11)) (global $g (export "g2") (mut i64) (i64.const 22))
          (table (export "t1") 3 funcref) (table (export "t2") 5 9 externref)
          (memory (export "m1") 1 4) (memory (export "m2") i64 2 8) (memory (export "m3") 1 2 shared)
          (tag (export "e1") (param i32)) (tag (export "e2") (param i64 f32))
          (func (export "g2value") (result i64) (global.get $g))
          (data (memory 1) (i64.const 65540) "second"))
        """

    @Test func functionsAndGlobals() throws {
        let library = try Library()
        let instance = try library.instance(Self.text)
        #expect(try library.call(instance, "f1", [], results: 1)[0].of.i32 == 1)
        #expect(try library.call(instance, "f2", [], results: 1)[0].of.i32 == 2)
        for (name, expected) in [("g1", Int64(11)), ("g2", 22)] {
            var item = try library.export(instance, name)
            #expect(Int(item.kind) == MARTLET_EXTERN_GLOBAL)
            var value = wasmtime_val_t()
            wasmtime_global_get(library.context, &item.of.global, &value)
            #expect(value.of.i64 == expected)
        }
        var mutable = try library.export(instance, "g2")
        var value = wasmtime_val_t()
        value.kind = UInt8(MARTLET_VALUE_I64)
        value.of.i64 = 33
        try check(wasmtime_global_set(library.context, &mutable.of.global, &value))
        #expect(try library.call(instance, "g2value", [], results: 1)[0].of.i64 == 33)
    }

    @Test func tables() throws {
        let library = try Library()
        let instance = try library.instance(Self.text)
        var first = try library.export(instance, "t1")
        var second = try library.export(instance, "t2")
        #expect(Int(first.kind) == MARTLET_EXTERN_TABLE)
        #expect(wasmtime_table_size(library.context, &first.of.table) == 3)
        #expect(wasmtime_table_size(library.context, &second.of.table) == 5)
        var value = wasmtime_val_t()
        value.kind = UInt8(MARTLET_VALUE_FUNCREF)
        value.of.funcref = try library.export(instance, "f2").of.func
        try check(wasmtime_table_set(library.context, &first.of.table, 2, &value))
        var element = wasmtime_val_t()
        #expect(wasmtime_table_get(library.context, &first.of.table, 2, &element))
        var results = [wasmtime_val_t()]
        var trap: OpaquePointer?
        try check(wasmtime_func_call(library.context, &element.of.funcref, nil, 0, &results, 1, &trap))
        #expect(results[0].of.i32 == 2)
        #expect(!wasmtime_table_get(library.context, &first.of.table, 3, &element))
    }

    @Test func memoriesAndTheirTypes() throws {
        let library = try Library()
        let instance = try library.instance(Self.text)
        var first = try library.export(instance, "m1")
        var second = try library.export(instance, "m2")
        #expect(Int(first.kind) == MARTLET_EXTERN_MEMORY)
        #expect(wasmtime_memory_data_size(library.context, &first.of.memory) == 65_536)
        #expect(wasmtime_memory_data_size(library.context, &second.of.memory) == 131_072)
        let base = try #require(wasmtime_memory_data(library.context, &second.of.memory))
        #expect(base[65_540] == UInt8(ascii: "s"))
        var previous: UInt64 = 0
        try check(wasmtime_memory_grow(library.context, &first.of.memory, 2, &previous))
        #expect(previous == 1)
        #expect(wasmtime_memory_data_size(library.context, &first.of.memory) == 3 * 65_536)
        for (name, minimum, maximum, is64, isShared) in [
            ("m1", 1, 4, false, false), ("m2", 2, 8, true, false), ("m3", 1, 2, false, true),
        ] as [(String, UInt64, UInt64, Bool, Bool)] {
            var item = try library.export(instance, name)
            let type = try #require(wasmtime_extern_type(library.context, &item))
            defer {
                wasm_externtype_delete(type)
                wasmtime_extern_delete(&item)
            }
            #expect(Int(wasm_externtype_kind(type)) == MARTLET_EXTERNTYPE_MEMORY)
            let memory = try #require(wasm_externtype_as_memorytype_const(type))
            var found: UInt64 = 0
            // The minimum of a type that was asked for later may have grown; m1 has.
            #expect(wasmtime_memorytype_minimum(memory) >= minimum)
            #expect(wasmtime_memorytype_maximum(memory, &found))
            #expect(found == maximum)
            #expect(wasmtime_memorytype_is64(memory) == is64)
            #expect(wasmtime_memorytype_isshared(memory) == isShared)
        }
    }

    @Test func sharedMemories() throws {
        let library = try Library()
        let instance = try library.instance(Self.text)
        var item = try library.export(instance, "m3")
        #expect(Int(item.kind) == MARTLET_EXTERN_SHAREDMEMORY)
        let memory = try #require(item.of.sharedmemory)
        let clone = try #require(wasmtime_sharedmemory_clone(memory))
        #expect(wasmtime_sharedmemory_data_size(memory) == 65_536)
        var previous: UInt64 = 0
        try check(wasmtime_sharedmemory_grow(clone, 1, &previous))
        #expect(previous == 1)
        #expect(wasmtime_sharedmemory_data_size(memory) == 131_072)
        #expect(wasmtime_sharedmemory_data(memory) == wasmtime_sharedmemory_data(clone))
        wasmtime_sharedmemory_delete(clone)
        wasmtime_extern_delete(&item)
        // Made by the host.
        var type: OpaquePointer?
        try check(wasmtime_memorytype_new(2, true, 3, false, true, 16, &type))
        var made: OpaquePointer?
        try check(wasmtime_sharedmemory_new(library.engine, type, &made))
        #expect(wasmtime_sharedmemory_data_size(made) == 131_072)
        wasmtime_sharedmemory_delete(made)
        wasm_memorytype_delete(type)
    }

    @Test func tags() throws {
        let library = try Library()
        let instance = try library.instance(Self.text)
        for (name, count) in [("e1", 1), ("e2", 2)] {
            var item = try library.export(instance, name)
            #expect(Int(item.kind) == MARTLET_EXTERN_TAG)
            let type = try #require(wasmtime_tag_type(library.context, &item.of.tag))
            let function = try #require(wasm_tagtype_functype(type))
            #expect(wasm_functype_params(function).pointee.size == count)
            wasm_tagtype_delete(type)
        }
    }

    @Test func exportsByNumberHaveTheirNames() throws {
        let library = try Library()
        var instance = try library.instance(Self.text)
        var names: [String] = []
        var name: UnsafeMutablePointer<CChar>?
        var size = 0
        var item = wasmtime_extern_t()
        while wasmtime_instance_export_nth(library.context, &instance, names.count, &name, &size, &item) {
            let bytes = UnsafeRawBufferPointer(start: name, count: size)
            names.append(String(decoding: bytes, as: UTF8.self))
            wasmtime_extern_delete(&item)
        }
        #expect(names == ["f1", "f2", "g1", "g2", "t1", "t2", "m1", "m2", "m3", "e1", "e2", "g2value"])
    }

    @Test func storeLimitsAreInTheOrderOfTheDeclaration() throws {
        // Each limit alone stops what it is for, and nothing else.
        let cases: [(limits: [Int64], stops: String)] = [
            ([70_000, -1, -1, -1, -1], "(module (memory 2))"), ([-1, 5, -1, -1, -1], "(module (table 6 funcref))"),
            ([-1, -1, 0, -1, -1], "(module)"), ([-1, -1, -1, 0, -1], "(module (table 1 funcref))"),
            ([-1, -1, -1, -1, 0], "(module (memory 1))"),
        ]
        for (index, limited) in cases.enumerated() {
            for (other, text) in cases.map(\.stops).enumerated() where other == index || index != 2 {
                let library = try Library()
                let limits = limited.limits
                wasmtime_store_limiter(library.store, limits[0], limits[1], limits[2], limits[3], limits[4])
                // Zero memories also stop the two pages, and zero tables the six elements.
                let stops = other == index || (index == 4 && other == 0) || (index == 3 && other == 1)
                let failed = (try? library.instance(text)) == nil
                #expect(failed == stops, "limit \(index), module \(other)")
            }
        }
    }
}
