;; The smallest guest that says something: one call of WASI preview 1, no toolchain.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $descriptor i32) (param $buffers i32) (param $count i32) (param $written i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "Hello from a WebAssembly guest.\n")

  (func (export "_start")
    ;; One buffer of 32 bytes at address 16.
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 32))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
