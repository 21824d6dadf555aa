;; wasi-threads: four threads add to one counter in shared memory, and the first one waits for them without spinning.
(module
  (import "env" "memory" (memory 1 1 shared))
  (import "wasi" "thread-spawn" (func $thread_spawn (param $argument i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $descriptor i32) (param $buffers i32) (param $count i32) (param $written i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param $code i32)))
  (export "memory" (memory 0))

  (global $counter i32 (i32.const 32))
  (global $finished i32 (i32.const 36))
  (global $threads i32 (i32.const 4))
  (global $steps i32 (i32.const 1000))
  (data (i32.const 64) "4 threads counted to 0000.\n")

  ;; The body of each thread: $argument is the amount to add at every step.
  (func (export "wasi_thread_start") (param $thread i32) (param $argument i32)
    (local $left i32)
    (local.set $left (global.get $steps))
    (loop $again
      (drop (i32.atomic.rmw.add (global.get $counter) (local.get $argument)))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (drop (i32.atomic.rmw.add (global.get $finished) (i32.const 1)))
    (drop (memory.atomic.notify (global.get $finished) (i32.const 1))))

  ;; Writes $value as four decimal digits that end before $end.
  (func $write_digits (param $value i32) (param $end i32)
    (local $left i32)
    (local.set $left (i32.const 4))
    (loop $digit
      (local.set $end (i32.sub (local.get $end) (i32.const 1)))
      (i32.store8 (local.get $end) (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10))))
      (local.set $value (i32.div_u (local.get $value) (i32.const 10)))
      (br_if $digit (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))

  (func (export "_start")
    (local $started i32)
    (local $done i32)
    (loop $spawn
      ;; A negative thread id is an error.
      (if (i32.lt_s (call $thread_spawn (i32.const 1)) (i32.const 0))
        (then (call $proc_exit (i32.const 1))))
      (local.set $started (i32.add (local.get $started) (i32.const 1)))
      (br_if $spawn (i32.lt_u (local.get $started) (global.get $threads))))

    (block $all
      (loop $wait
        (local.set $done (i32.atomic.load (global.get $finished)))
        (br_if $all (i32.eq (local.get $done) (global.get $threads)))
        (drop (memory.atomic.wait32 (global.get $finished) (local.get $done) (i64.const -1)))
        (br $wait)))

    (call $write_digits (i32.atomic.load (global.get $counter)) (i32.const 89))
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 27))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
