// Configuration, engine, modules, text, errors.
#pragma once

#include "abi_types.h"

enum { MARTLET_STRATEGY_CRANELIFT = 1 };
enum { MARTLET_OPTIMIZE_NONE = 0, MARTLET_OPTIMIZE_SPEED = 1, MARTLET_OPTIMIZE_SPEED_AND_SIZE = 2 };

wasm_config_t *wasm_config_new(void);
void wasm_config_delete(wasm_config_t *config);

void wasmtime_config_strategy_set(wasm_config_t *config, uint8_t strategy);
void wasmtime_config_cranelift_opt_level_set(wasm_config_t *config, uint8_t level);
void wasmtime_config_parallel_compilation_set(wasm_config_t *config, bool on);
void wasmtime_config_native_unwind_info_set(wasm_config_t *config, bool on);
void wasmtime_config_consume_fuel_set(wasm_config_t *config, bool on);
void wasmtime_config_epoch_interruption_set(wasm_config_t *config, bool on);
void wasmtime_config_concurrency_support_set(wasm_config_t *config, bool on);
void wasmtime_config_shared_memory_set(wasm_config_t *config, bool on);
void wasmtime_config_gc_support_set(wasm_config_t *config, bool on);
void wasmtime_config_max_wasm_stack_set(wasm_config_t *config, size_t bytes);
void wasmtime_config_async_stack_size_set(wasm_config_t *config, size_t bytes);
void wasmtime_config_memory_reservation_set(wasm_config_t *config, uint64_t bytes);
void wasmtime_config_memory_guard_size_set(wasm_config_t *config, uint64_t bytes);
void wasmtime_config_memory_reservation_for_growth_set(wasm_config_t *config, uint64_t bytes);
void wasmtime_config_memory_may_move_set(wasm_config_t *config, bool on);
void wasmtime_config_memory_init_cow_set(wasm_config_t *config, bool on);

void wasmtime_config_wasm_bulk_memory_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_exceptions_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_function_references_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_gc_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_memory64_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_multi_memory_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_multi_value_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_reference_types_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_relaxed_simd_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_simd_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_stack_switching_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_tail_call_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_threads_set(wasm_config_t *config, bool on);
void wasmtime_config_wasm_wide_arithmetic_set(wasm_config_t *config, bool on);

// Takes over the configuration. Null when its settings contradict each other.
wasm_engine_t *wasm_engine_new_with_config(wasm_config_t *config);
void wasm_engine_delete(wasm_engine_t *engine);
void wasmtime_engine_increment_epoch(const wasm_engine_t *engine);

wasmtime_error_t *wasmtime_module_new(
    wasm_engine_t *engine, const uint8_t *bytes, size_t size, wasmtime_module_t **out);
wasmtime_error_t *wasmtime_module_validate(wasm_engine_t *engine, const uint8_t *bytes, size_t size);
wasmtime_error_t *wasmtime_module_serialize(const wasmtime_module_t *module, wasm_byte_vec_t *out);
wasmtime_error_t *wasmtime_module_deserialize(
    wasm_engine_t *engine, const uint8_t *bytes, size_t size, wasmtime_module_t **out);
wasmtime_error_t *wasmtime_module_deserialize_file(wasm_engine_t *engine, const char *path, wasmtime_module_t **out);
void wasmtime_module_imports(const wasmtime_module_t *module, wasm_importtype_vec_t *out);
void wasmtime_module_exports(const wasmtime_module_t *module, wasm_exporttype_vec_t *out);
void wasmtime_module_image_range(const wasmtime_module_t *module, void **start, void **end);
void wasmtime_module_delete(wasmtime_module_t *module);

wasmtime_error_t *wasmtime_wat2wasm(const char *text, size_t size, wasm_byte_vec_t *out);

void wasmtime_error_message(const wasmtime_error_t *error, wasm_byte_vec_t *out);
bool wasmtime_error_exit_status(const wasmtime_error_t *error, int *out);
void wasmtime_error_wasm_trace(const wasmtime_error_t *error, wasm_frame_vec_t *out);
void wasmtime_error_delete(wasmtime_error_t *error);

wasm_trap_t *wasmtime_trap_new(const char *message, size_t size);
bool wasmtime_trap_code(const wasm_trap_t *trap, uint8_t *out);
void wasm_trap_message(const wasm_trap_t *trap, wasm_byte_vec_t *out);  // ends with a zero byte
void wasm_trap_trace(const wasm_trap_t *trap, wasm_frame_vec_t *out);
void wasm_trap_delete(wasm_trap_t *trap);

uint32_t wasm_frame_func_index(const wasm_frame_t *frame);
size_t wasm_frame_module_offset(const wasm_frame_t *frame);  // all ones when unknown
const wasm_byte_vec_t *wasmtime_frame_func_name(const wasm_frame_t *frame);
const wasm_byte_vec_t *wasmtime_frame_module_name(const wasm_frame_t *frame);
