// Functions, globals, tables and instances, and calls in both directions.
#pragma once

#include "abi_types.h"

wasmtime_error_t *wasmtime_func_call(
    wasmtime_context_t *context, const wasmtime_func_t *func, const wasmtime_val_t *args, size_t nargs,
    wasmtime_val_t *results, size_t nresults, wasm_trap_t **trap);
// `size` is the larger of the counts of parameters and results. Nothing is checked.
wasmtime_error_t *wasmtime_func_call_unchecked(
    wasmtime_context_t *context, const wasmtime_func_t *func, wasmtime_val_raw_t *args_and_results, size_t size,
    wasm_trap_t **trap);
wasm_functype_t *wasmtime_func_type(const wasmtime_context_t *context, const wasmtime_func_t *func);

// A host function: reads arguments from the array and writes results over them; returns a trap to end the guest, or
// null.
typedef wasm_trap_t *(*wasmtime_func_unchecked_callback_t)(
    void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *args_and_results, size_t size);

wasmtime_context_t *wasmtime_caller_context(wasmtime_caller_t *caller);
bool wasmtime_caller_export_get(wasmtime_caller_t *caller, const char *name, size_t size, wasmtime_extern_t *out);

bool wasmtime_instance_export_get(
    wasmtime_context_t *context, const wasmtime_instance_t *instance, const char *name, size_t size,
    wasmtime_extern_t *out);
bool wasmtime_instance_export_nth(
    wasmtime_context_t *context, const wasmtime_instance_t *instance, size_t index, char **name, size_t *size,
    wasmtime_extern_t *out);

void wasmtime_global_get(wasmtime_context_t *context, const wasmtime_global_t *global, wasmtime_val_t *out);
wasmtime_error_t *wasmtime_global_set(
    wasmtime_context_t *context, const wasmtime_global_t *global, const wasmtime_val_t *value);

bool wasmtime_table_get(
    wasmtime_context_t *context, const wasmtime_table_t *table, uint64_t index, wasmtime_val_t *out);
wasmtime_error_t *wasmtime_table_set(
    wasmtime_context_t *context, const wasmtime_table_t *table, uint64_t index, const wasmtime_val_t *value);
uint64_t wasmtime_table_size(const wasmtime_context_t *context, const wasmtime_table_t *table);

wasm_tagtype_t *wasmtime_tag_type(const wasmtime_context_t *context, const wasmtime_tag_t *tag);
void wasm_tagtype_delete(wasm_tagtype_t *type);
