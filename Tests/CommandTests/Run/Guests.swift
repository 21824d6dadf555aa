/// Guests of a few lines, each for one behaviour.
enum Guests {
    /// Opens `made` in the first preopened directory to create it, and exits with the error number.
    static let creator = """
        (module
          (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 64) "made")
          (func (export "_start")
            ;; CREAT and EXCL, the right to write
            (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 5)
              (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 8)))))
        """

    /// Error numbers of preview 1, as `creator` exits with them.
    static let success: Int32 = 0
    static let badDescriptor: Int32 = 8
    static let exists: Int32 = 20
    static let readOnly: Int32 = 69

    /// Says one line, then never ends.
    static let endless = """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 16) "started\\n")
          (func (export "_start")
            (i32.store (i32.const 0) (i32.const 16))
            (i32.store (i32.const 4) (i32.const 8))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (loop $forever (br $forever))))
        """

    /// Calls itself without end.
    static let recursive = """
        (module (memory (export "memory") 1) (func $again (export "_start") (call $again)))
        """

    /// Grows its memory until that is refused, and exits with the number of MiB that it got.
    static let greedy = """
        (module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 0)
          (func (export "_start")
            (loop $more
              (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
            (call $exit (i32.div_u (memory.size) (i32.const 16)))))
        """

    /// Exits with the number of variables that it sees.
    static let counter = """
        (module
          (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (drop (call $sizes (i32.const 0) (i32.const 4)))
            (call $exit (i32.load (i32.const 0)))))
        """

    /// Cuts its standard output to nothing, and exits with the error number.
    static let truncater = """
        (module
          (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $cut (param i32 i64) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func (export "_start") (call $exit (call $cut (i32.const 1) (i64.const 0)))))
        """

    static let adder = """
        (module
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2))))
        """

    static let stranger = """
        (module (import "elsewhere" "call" (func)) (func (export "_start")))
        """
}
