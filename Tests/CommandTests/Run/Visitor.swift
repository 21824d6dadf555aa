import Foundation
import SystemCalls

extension Guests {
    /// `r PATH` prints a file, `w PATH` writes `written` to it; the path begins at the first preopened directory, and the exit
    /// code is the error number.
    static let visitor = """
        (module
          (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_get" (func $arguments (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 512) "written")
          (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
          ;; Flags to open with and rights; the words are at 1024, their text from 2048 on.
          (func $file (param i32 i64) (result i32)
            (call $check (call $open (i32.const 3) (i32.const 1) (i32.load (i32.const 1032))
              (i32.sub (i32.add (i32.const 2047) (i32.load (i32.const 4))) (i32.load (i32.const 1032)))
              (local.get 0) (local.get 1) (i64.const 0) (i32.const 0) (i32.const 8)))
            (i32.load (i32.const 8)))
          (func $text (param i32 i32)
            (i32.store (i32.const 16) (local.get 0))
            (i32.store (i32.const 20) (local.get 1)))
          (func (export "_start")
            (drop (call $sizes (i32.const 0) (i32.const 4)))
            (drop (call $arguments (i32.const 1024) (i32.const 2048)))
            (if (i32.eq (i32.load8_u (i32.load (i32.const 1028))) (i32.const 119))
              (then
                (call $text (i32.const 512) (i32.const 7))
                (call $check (call $write (call $file (i32.const 9) (i64.const 64))
                  (i32.const 16) (i32.const 1) (i32.const 24))))
              (else
                (call $text (i32.const 4096) (i32.const 4096))
                (call $check (call $read (call $file (i32.const 0) (i64.const 2))
                  (i32.const 16) (i32.const 1) (i32.const 24)))
                (call $text (i32.const 4096) (i32.load (i32.const 24)))
                (call $check (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))))
        """

    static let noSuchFile: Int32 = 44
}

extension Scratch {
    /// Makes a directory with files of these texts.
    @discardableResult
    func directory(_ name: String, _ files: [String: String] = [:]) throws -> String {
        let manager = FileManager.default
        try manager.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        for (file, text) in files {
            let url = folder.appendingPathComponent("\(name)/\(file)")
            try manager.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return path(name)
    }

    func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// Puts an image named `visitor` into the store: the guest of this name, `/data/own`, and links that want to leave it.
    func visitorImage() throws {
        let root = try directory(
            "image", ["visitor.wat": Guests.visitor, "data/own": "the image's", "etc/conf": "conf"])
        let outside = try directory("outside")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: "\(root)/away", withDestinationPath: outside)
        try manager.createSymbolicLink(
            atPath: "\(root)/up", withDestinationPath: "../../../../../../../..\(outside)")
        let words = ["image", "build", "--quiet", "--root", path("store"), "--tag", "visitor"]
        let outcome = try martlet.run(words + ["--entrypoint", "/visitor.wat", root], in: folder)
        guard outcome.exitCode == 0 else { throw Failed(outcome) }
    }

    /// `martlet run` of that image, with these options and words.
    func visit(_ options: [String], _ words: String...) throws -> MartletCommand.Outcome {
        try start("run", ["--pull", "never"] + options + ["visitor"] + words).wait()
    }

    /// Runs a program that isn't martlet, and returns its exit code and what it printed.
    func shell(_ words: [String]) throws -> (code: Int32, output: String) {
        let outcome = try ChildProgram.run(
            "/usr/bin/env", arguments: ["env"] + words, environment: Environment.all, input: .bytes([]),
            outputLimit: 1 << 20, timeout: .seconds(60))
        let code: Int32 =
            switch outcome.end {
            case .exited(let exit): exit.shellStatus
            default: -1
            }
        return (code, String(decoding: outcome.output, as: UTF8.self))
    }
}
