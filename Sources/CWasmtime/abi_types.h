// The values, types and handles of libwasmtime 50.0.1's C ABI that martlet uses, declared in our own words: the
// library is published without headers. CWasmtimeTests passes every struct through the library, so that a wrong field
// fails there.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Handles. The library owns what they point at; each has a `_delete` unless it says "borrowed".
typedef struct wasm_config_t wasm_config_t;
typedef struct wasm_engine_t wasm_engine_t;
typedef struct wasm_trap_t wasm_trap_t;
typedef struct wasm_frame_t wasm_frame_t;
typedef struct wasm_valtype_t wasm_valtype_t;
typedef struct wasm_functype_t wasm_functype_t;
typedef struct wasm_globaltype_t wasm_globaltype_t;
typedef struct wasm_tabletype_t wasm_tabletype_t;
typedef struct wasm_memorytype_t wasm_memorytype_t;
typedef struct wasm_tagtype_t wasm_tagtype_t;
typedef struct wasm_externtype_t wasm_externtype_t;
typedef struct wasm_importtype_t wasm_importtype_t;
typedef struct wasm_exporttype_t wasm_exporttype_t;
typedef struct wasmtime_error wasmtime_error_t;
typedef struct wasmtime_store wasmtime_store_t;
typedef struct wasmtime_context wasmtime_context_t;  // borrowed from a store
typedef struct wasmtime_caller wasmtime_caller_t;    // borrowed for one host call
typedef struct wasmtime_module wasmtime_module_t;
typedef struct wasmtime_linker wasmtime_linker_t;
typedef struct wasmtime_instance_pre wasmtime_instance_pre_t;
typedef struct wasmtime_sharedmemory wasmtime_sharedmemory_t;
typedef struct wasmtime_call_future wasmtime_call_future_t;

// Arrays with an owner: a count, and that many elements allocated by the library.
typedef struct wasm_byte_vec_t { size_t size; uint8_t *data; } wasm_byte_vec_t;
typedef struct wasm_valtype_vec_t { size_t size; wasm_valtype_t **data; } wasm_valtype_vec_t;
typedef struct wasm_importtype_vec_t { size_t size; wasm_importtype_t **data; } wasm_importtype_vec_t;
typedef struct wasm_exporttype_vec_t { size_t size; wasm_exporttype_t **data; } wasm_exporttype_vec_t;
typedef struct wasm_frame_vec_t { size_t size; wasm_frame_t **data; } wasm_frame_vec_t;

void wasm_byte_vec_new_uninitialized(wasm_byte_vec_t *out, size_t size);
void wasm_byte_vec_delete(wasm_byte_vec_t *vec);
void wasm_valtype_vec_new_uninitialized(wasm_valtype_vec_t *out, size_t size);
void wasm_valtype_vec_delete(wasm_valtype_vec_t *vec);
void wasm_importtype_vec_delete(wasm_importtype_vec_t *vec);
void wasm_exporttype_vec_delete(wasm_exporttype_vec_t *vec);
void wasm_frame_vec_delete(wasm_frame_vec_t *vec);

// Kinds of value types, in martlet_valtype and, for the first four and the two references, for wasm_valtype_new.
enum {
    MARTLET_TYPE_I32 = 0,
    MARTLET_TYPE_I64 = 1,
    MARTLET_TYPE_F32 = 2,
    MARTLET_TYPE_F64 = 3,
    MARTLET_TYPE_V128 = 4,
    MARTLET_TYPE_REFERENCE = 5,
    MARTLET_NEW_EXTERNREF = 128,
    MARTLET_NEW_FUNCREF = 129,
};

// Kinds of what a reference refers to. The concrete ones carry a handle that has to be deleted.
enum {
    MARTLET_HEAP_EXTERN = 0,
    MARTLET_HEAP_NOEXTERN = 1,
    MARTLET_HEAP_FUNC = 2,
    MARTLET_HEAP_CONCRETE_FUNC = 3,
    MARTLET_HEAP_NOFUNC = 4,
    MARTLET_HEAP_ANY = 5,
    MARTLET_HEAP_NONE = 6,
    MARTLET_HEAP_EQ = 7,
    MARTLET_HEAP_I31 = 8,
    MARTLET_HEAP_ARRAY = 9,
    MARTLET_HEAP_CONCRETE_ARRAY = 10,
    MARTLET_HEAP_STRUCT = 11,
    MARTLET_HEAP_CONCRETE_STRUCT = 12,
    MARTLET_HEAP_EXN = 13,
    MARTLET_HEAP_CONCRETE_EXN = 14,
    MARTLET_HEAP_NOEXN = 15,
};

typedef struct wasmtime_heaptype { uint8_t kind; void *concrete; } wasmtime_heaptype_t;
typedef struct wasmtime_reftype { bool nullable; wasmtime_heaptype_t heap; } wasmtime_reftype_t;
typedef struct wasmtime_valtype { uint8_t kind; wasmtime_reftype_t reference; } wasmtime_valtype_t;

// The standard header's wasm_valtype_kind ends the process on v128 and on every newer reference: this one tells them
// all.
void wasmtime_valtype_new(const wasm_valtype_t *type, wasmtime_valtype_t *out);
void wasmtime_valtype_delete(wasmtime_valtype_t *type);
wasm_valtype_t *wasmtime_valtype_to_wasm(const wasm_engine_t *engine, const wasmtime_valtype_t *type);

// Kinds of externs in a type, as wasm_externtype_kind tells them.
enum {
    MARTLET_EXTERNTYPE_FUNC = 0,
    MARTLET_EXTERNTYPE_GLOBAL = 1,
    MARTLET_EXTERNTYPE_TABLE = 2,
    MARTLET_EXTERNTYPE_MEMORY = 3,
    MARTLET_EXTERNTYPE_TAG = 4,
};

wasm_valtype_t *wasm_valtype_new(uint8_t kind);
void wasm_valtype_delete(wasm_valtype_t *type);

// Takes over both vectors.
wasm_functype_t *wasm_functype_new(wasm_valtype_vec_t *params, wasm_valtype_vec_t *results);
const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *type);
const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *type);
void wasm_functype_delete(wasm_functype_t *type);

const wasm_valtype_t *wasm_globaltype_content(const wasm_globaltype_t *type);
uint8_t wasm_globaltype_mutability(const wasm_globaltype_t *type);  // 1: it can change
const wasm_valtype_t *wasm_tabletype_element(const wasm_tabletype_t *type);
// wasm_tabletype_limits is left out: it ends the process on a table of more than 2^32 elements, which a module may
// declare.
const wasm_functype_t *wasm_tagtype_functype(const wasm_tagtype_t *type);

uint8_t wasm_externtype_kind(const wasm_externtype_t *type);
void wasm_externtype_delete(wasm_externtype_t *type);
const wasm_functype_t *wasm_externtype_as_functype_const(const wasm_externtype_t *type);
const wasm_globaltype_t *wasm_externtype_as_globaltype_const(const wasm_externtype_t *type);
const wasm_tabletype_t *wasm_externtype_as_tabletype_const(const wasm_externtype_t *type);
const wasm_memorytype_t *wasm_externtype_as_memorytype_const(const wasm_externtype_t *type);
const wasm_tagtype_t *wasm_externtype_as_tagtype_const(const wasm_externtype_t *type);

const wasm_byte_vec_t *wasm_importtype_module(const wasm_importtype_t *import);
const wasm_byte_vec_t *wasm_importtype_name(const wasm_importtype_t *import);
const wasm_externtype_t *wasm_importtype_type(const wasm_importtype_t *import);
const wasm_byte_vec_t *wasm_exporttype_name(const wasm_exporttype_t *export);
const wasm_externtype_t *wasm_exporttype_type(const wasm_exporttype_t *export);

// Handles into a store, passed by value: which store, and where in it. `store_id` 0 in a function is the null
// reference.
typedef struct wasmtime_func { uint64_t store_id; void *index; } wasmtime_func_t;
typedef struct wasmtime_global { uint64_t store_id; uint32_t index[3]; } wasmtime_global_t;
typedef struct wasmtime_instance { uint64_t store_id; size_t index; } wasmtime_instance_t;
// The three whose first half has an alignment of its own: 24 bytes, not 16.
typedef struct wasmtime_table { struct { uint64_t store_id; uint32_t index; } place; uint32_t item; } wasmtime_table_t;
typedef struct wasmtime_memory {
    struct { uint64_t store_id; uint32_t index; } place;
    uint32_t item;
} wasmtime_memory_t;
typedef struct wasmtime_tag { struct { uint64_t store_id; uint32_t index; } place; uint32_t item; } wasmtime_tag_t;

// Kinds of externs in an instance.
enum {
    MARTLET_EXTERN_FUNC = 0,
    MARTLET_EXTERN_GLOBAL = 1,
    MARTLET_EXTERN_TABLE = 2,
    MARTLET_EXTERN_MEMORY = 3,
    MARTLET_EXTERN_SHAREDMEMORY = 4,
    MARTLET_EXTERN_TAG = 5,
};

typedef union wasmtime_extern_union {
    wasmtime_func_t func;
    wasmtime_global_t global;
    wasmtime_table_t table;
    wasmtime_memory_t memory;
    wasmtime_sharedmemory_t *sharedmemory;
    wasmtime_tag_t tag;
} wasmtime_extern_union_t;

typedef struct wasmtime_extern { uint8_t kind; wasmtime_extern_union_t of; } wasmtime_extern_t;

void wasmtime_extern_delete(wasmtime_extern_t *value);
wasm_externtype_t *wasmtime_extern_type(wasmtime_context_t *context, const wasmtime_extern_t *value);

// Kinds of values in a call.
enum {
    MARTLET_VALUE_I32 = 0,
    MARTLET_VALUE_I64 = 1,
    MARTLET_VALUE_F32 = 2,
    MARTLET_VALUE_F64 = 3,
    MARTLET_VALUE_V128 = 4,
    MARTLET_VALUE_FUNCREF = 5,
    MARTLET_VALUE_EXTERNREF = 6,
    MARTLET_VALUE_ANYREF = 7,
    MARTLET_VALUE_EXNREF = 8,
};

// A rooted reference into the garbage-collected heap; `store_id` 0 is null. The same shape serves externref, anyref
// and exnref.
typedef struct wasmtime_gcref { uint64_t store_id; uint32_t index[2]; void *root; } wasmtime_gcref_t;

typedef struct wasmtime_v128 { uint64_t low; uint64_t high; } wasmtime_v128_t;

typedef union wasmtime_valunion {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    wasmtime_v128_t v128;
    wasmtime_func_t funcref;
    wasmtime_gcref_t gcref;
} wasmtime_valunion_t;

typedef struct wasmtime_val { uint8_t kind; wasmtime_valunion_t of; } wasmtime_val_t;

void wasmtime_val_unroot(wasmtime_val_t *value);
bool wasmtime_externref_new(wasmtime_context_t *context, void *data, void (*finalizer)(void *), wasmtime_gcref_t *out);
void *wasmtime_externref_data(wasmtime_context_t *context, const wasmtime_gcref_t *reference);
void wasmtime_anyref_from_i31(wasmtime_context_t *context, uint32_t value, wasmtime_gcref_t *out);
bool wasmtime_anyref_i31_get_u(wasmtime_context_t *context, const wasmtime_gcref_t *reference, uint32_t *out);

// A value without its kind, 16 bytes: how unchecked calls pass arguments in and results out.
typedef union wasmtime_val_raw {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    wasmtime_v128_t v128;
    uint32_t gcref;
    void *funcref;
} wasmtime_val_raw_t;
