// Calls on stacks of their own, which can be suspended in the middle and resumed.
#pragma once

#include "abi_link.h"

// What a suspended host function waits for: `callback` is asked at each resume and returns true when the host
// function is over; `finalizer` frees `env` in the end, in every case.
typedef struct wasmtime_async_continuation_t {
    bool (*callback)(void *env);
    void *env;
    void (*finalizer)(void *env);
} wasmtime_async_continuation_t;

// A host function that may suspend. `args`, `results` and `trap` stay valid until the continuation returned true; it
// has to be set on every path.
typedef void (*wasmtime_func_async_callback_t)(
    void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args, size_t nargs, wasmtime_val_t *results,
    size_t nresults, wasm_trap_t **trap, wasmtime_async_continuation_t *continuation);

wasmtime_error_t *wasmtime_linker_define_async_func(
    wasmtime_linker_t *linker, const char *module, size_t module_size, const char *name, size_t name_size,
    const wasm_functype_t *type, wasmtime_func_async_callback_t callback, void *env, void (*finalizer)(void *));

// Nothing runs before the first poll. All arguments but `args` stay in place until the future is deleted.
wasmtime_call_future_t *wasmtime_func_call_async(
    wasmtime_context_t *context, const wasmtime_func_t *func, const wasmtime_val_t *args, size_t nargs,
    wasmtime_val_t *results, size_t nresults, wasm_trap_t **trap, wasmtime_error_t **error);
wasmtime_call_future_t *wasmtime_instance_pre_instantiate_async(
    const wasmtime_instance_pre_t *prepared, wasmtime_context_t *context, wasmtime_instance_t *out, wasm_trap_t **trap,
    wasmtime_error_t **error);

// True when the call is over: not to be called again.
bool wasmtime_call_future_poll(wasmtime_call_future_t *future);
void wasmtime_call_future_delete(wasmtime_call_future_t *future);

// At an epoch deadline or an empty fuel interval the call suspends instead of trapping.
void wasmtime_context_epoch_deadline_async_yield_and_update(wasmtime_context_t *context, uint64_t ticks);
wasmtime_error_t *wasmtime_context_fuel_async_yield_interval(wasmtime_context_t *context, uint64_t interval);
