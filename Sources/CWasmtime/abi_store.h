// Stores: what instances live in, with limits, fuel and an epoch deadline.
#pragma once

#include "abi_types.h"

wasmtime_store_t *wasmtime_store_new(wasm_engine_t *engine, void *data, void (*finalizer)(void *));
void wasmtime_store_delete(wasmtime_store_t *store);
wasmtime_context_t *wasmtime_store_context(wasmtime_store_t *store);

// A negative number leaves the library's own limit.
void wasmtime_store_limiter(
    wasmtime_store_t *store, int64_t memory_bytes, int64_t table_elements, int64_t instances, int64_t tables,
    int64_t memories);

void wasmtime_context_set_data(wasmtime_context_t *context, void *data);
void *wasmtime_context_get_data(const wasmtime_context_t *context);
wasmtime_error_t *wasmtime_context_set_fuel(wasmtime_context_t *context, uint64_t fuel);
wasmtime_error_t *wasmtime_context_get_fuel(const wasmtime_context_t *context, uint64_t *out);
void wasmtime_context_set_epoch_deadline(wasmtime_context_t *context, uint64_t ticks);

// Takes the exception that ended a call out of the store; false when there is none.
bool wasmtime_context_take_exception(wasmtime_context_t *context, wasmtime_gcref_t *out);
void wasmtime_exnref_unroot(wasmtime_gcref_t *reference);
