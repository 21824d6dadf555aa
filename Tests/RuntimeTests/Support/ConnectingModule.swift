import Foundation

/// Modules in text form, for what no guest in C is needed for.
enum ConnectingModule {
    /// Connects to an address by WasmEdge's calls. Ends with 0, or with the number that WASI has for what it was told instead.
    static func text(to address: [UInt8], port: Int) -> String {
        let bytes = address.map { String(format: "\\%02x", $0) }.joined()
        return """
            (module
              (import "wasi_snapshot_preview1" "sock_open" (func $open (param i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "sock_connect" (func $connect (param i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\(bytes)")
              (data (i32.const 8) "\\00\\00\\00\\00\\04\\00\\00\\00")
              (func (export "_start") (local $error i32)
                (local.set $error (call $open (i32.const 1) (i32.const 2) (i32.const 16)))
                (if (local.get $error) (then (call $exit (local.get $error))))
                (call $exit (call $connect (i32.load (i32.const 16)) (i32.const 8) (i32.const \(port))))))
            """
    }

    /// WASI's numbers: EACCES, ECONNREFUSED.
    static let refused: Int32 = 2
    static let nobodyThere: Int32 = 14
}
