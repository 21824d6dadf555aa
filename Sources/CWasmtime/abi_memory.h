// Linear memories, a store's own and shared ones.
#pragma once

#include "abi_types.h"

wasmtime_error_t *wasmtime_memorytype_new(
    uint64_t min, bool max_present, uint64_t max, bool is64, bool shared, uint8_t page_size_log2,
    wasm_memorytype_t **out);
uint64_t wasmtime_memorytype_minimum(const wasm_memorytype_t *type);
bool wasmtime_memorytype_maximum(const wasm_memorytype_t *type, uint64_t *out);
bool wasmtime_memorytype_is64(const wasm_memorytype_t *type);
bool wasmtime_memorytype_isshared(const wasm_memorytype_t *type);
void wasm_memorytype_delete(wasm_memorytype_t *type);

uint8_t *wasmtime_memory_data(wasmtime_context_t *context, const wasmtime_memory_t *memory);
size_t wasmtime_memory_data_size(const wasmtime_context_t *context, const wasmtime_memory_t *memory);
wasmtime_error_t *wasmtime_memory_grow(
    wasmtime_context_t *context, const wasmtime_memory_t *memory, uint64_t pages, uint64_t *previous);

wasmtime_error_t *wasmtime_sharedmemory_new(
    const wasm_engine_t *engine, const wasm_memorytype_t *type, wasmtime_sharedmemory_t **out);
wasmtime_sharedmemory_t *wasmtime_sharedmemory_clone(const wasmtime_sharedmemory_t *memory);
uint8_t *wasmtime_sharedmemory_data(const wasmtime_sharedmemory_t *memory);
size_t wasmtime_sharedmemory_data_size(const wasmtime_sharedmemory_t *memory);
wasmtime_error_t *wasmtime_sharedmemory_grow(
    const wasmtime_sharedmemory_t *memory, uint64_t pages, uint64_t *previous);
void wasmtime_sharedmemory_delete(wasmtime_sharedmemory_t *memory);
