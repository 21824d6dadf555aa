;; Ends with a code of its own, which is what the caller and `martlet ps` see.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param $code i32)))
  (memory (export "memory") 1)

  (func (export "_start")
    (call $proc_exit (i32.const 42))))
