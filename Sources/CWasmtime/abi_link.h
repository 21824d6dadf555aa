// Linkers: names to definitions, and instances made from them.
#pragma once

#include "abi_calls.h"

wasmtime_linker_t *wasmtime_linker_new(wasm_engine_t *engine);
void wasmtime_linker_delete(wasmtime_linker_t *linker);
void wasmtime_linker_allow_shadowing(wasmtime_linker_t *linker, bool allow);

wasmtime_error_t *wasmtime_linker_define_func_unchecked(
    wasmtime_linker_t *linker, const char *module, size_t module_size, const char *name, size_t name_size,
    const wasm_functype_t *type, wasmtime_func_unchecked_callback_t callback, void *env, void (*finalizer)(void *));
wasmtime_error_t *wasmtime_linker_define(
    wasmtime_linker_t *linker, wasmtime_context_t *context, const char *module, size_t module_size, const char *name,
    size_t name_size, const wasmtime_extern_t *item);
wasmtime_error_t *wasmtime_linker_define_unknown_imports_as_traps(
    wasmtime_linker_t *linker, const wasmtime_module_t *module);

wasmtime_error_t *wasmtime_linker_instantiate_pre(
    const wasmtime_linker_t *linker, const wasmtime_module_t *module, wasmtime_instance_pre_t **out);
wasmtime_error_t *wasmtime_instance_pre_instantiate(
    const wasmtime_instance_pre_t *prepared, wasmtime_context_t *context, wasmtime_instance_t *out, wasm_trap_t **trap);
void wasmtime_instance_pre_delete(wasmtime_instance_pre_t *prepared);
