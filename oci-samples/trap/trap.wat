;; Says something, then divides by zero three calls deep: what was written stays, and the backtrace names the functions.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $descriptor i32) (param $buffers i32) (param $count i32) (param $written i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "About to divide by zero.\n")

  (func $divide (param $dividend i32) (param $divisor i32) (result i32)
    (i32.div_s (local.get $dividend) (local.get $divisor)))

  (func $average (param $sum i32) (param $count i32) (result i32)
    (call $divide (local.get $sum) (local.get $count)))

  (func $start (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 25))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $average (i32.const 7) (i32.const 0)))))
