/// A module in text form that says that it is ready and then sleeps, for what it imports beside that.
enum RestingModule {
    /// - Parameters:
    ///   - network: imports a call that opens sockets.
    ///   - threads: imports the one that starts threads.
    static func text(network: Bool, threads: Bool) -> String {
        """
        (module
          \(threads ? #"(import "env" "memory" (memory 1 1 shared))"# : "")
          \(threads ? #"(import "wasi" "thread-spawn" (func (param i32) (result i32)))"# : "")
          \(network ? #"(import "wasi_snapshot_preview1" "sock_open" (func (param i32 i32 i32) (result i32)))"# : "")
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
          \(threads ? "" : "(memory 1 1)")
          (export "memory" (memory 0))
          (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00") (data (i32.const 16) "ready\\n")
          ;; A subscription to the monotonic clock, 60 s from now.
          (data (i32.const 80) "\\01") (data (i32.const 88) "\\00\\58\\47\\f8\\0d")
          \(threads ? #"(func (export "wasi_thread_start") (param i32 i32))"# : "")
          (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (drop (call $poll (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 192)))))
        """
    }
}
