import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: handles without end (CVE-2026-27204, 27572), memory that another guest had (CVE-2026-34988).
@Suite(
    "What a guest has of the host's memory and tables", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
struct GuestResourceTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    private func counts(_ outcome: Outcome) -> [Int] { outcome.output.split(separator: " ").compactMap { Int($0) } }

    /// A million by default, and as many as the configuration or the shell allows.
    @Test func aGuestThatOpensWithoutEndIsToldSo() throws {
        let container = try runtime.bundle(.wasm, "open", "/guest.wasm", "1000000")
        let outcome = try container.run()
        let usual = counts(outcome)
        try #require(outcome.code == 0 && usual.count == 3, "\(outcome)")
        #expect(usual[0] <= 4096 && usual[0] + usual[1] == 1_000_000 && usual[2] == 1, "\(outcome)")
        let fewer = try runtime.bundle(.wasm, "open", "/guest.wasm", "1000") {
            $0.process["rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 64, "hard": 64]]
        }
        let limited = counts(try fewer.run())
        #expect(limited.count == 3 && limited[0] > 16 && limited[0] < 64 && limited[2] == 1, "\(limited)")
        let inherited = try runtime.bundle(.wasm, "open", "/guest.wasm", "1000")
        let words = [runtime.martlet] + runtime.options + ["run", "--bundle", inherited.bundle, inherited.id]
        let shell = try runtime.other("/bin/sh", "-c", "ulimit -n 64; exec \(words.joined(separator: " "))")
        #expect(counts(shell).first.map { $0 < 64 } == true, "\(shell)")
    }

    /// Grows its memory to 64 MiB. With one argument it fills all that isn't its own data, with two it ends with 1 where
    /// anything stands there, with three it does both.
    private static let canary = """
        (module
          (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (global $seen (mut i64) (i64.const 0))
          (data (i32.const 1024) "own data")
          (func (export "_start") (local $place i32) (local $count i32)
            (if (i64.ne (i64.load (i32.const 1024)) (i64.const 0x61746164206e776f)) (then (call $exit (i32.const 2))))
            (if (i64.ne (global.get $seen) (i64.const 0)) (then (call $exit (i32.const 3))))
            (drop (call $sizes (i32.const 0) (i32.const 4)))
            (local.set $count (i32.load (i32.const 0)))
            (i64.store (i32.const 0) (i64.const 0))
            (if (i32.eq (memory.grow (i32.const 1023)) (i32.const -1)) (then (call $exit (i32.const 4))))
            (if (i32.ne (local.get $count) (i32.const 2)) (then
              (loop $fill
                (i64.store (local.get $place) (i64.const 0x7972616e61632121))
                (local.set $place (i32.add (local.get $place) (i32.const 8)))
                (br_if $fill (i32.lt_u (local.get $place) (i32.const 0x4000000))))
              (global.set $seen (i64.const 1))))
            (local.set $place (i32.const 0))
            (if (i32.ne (local.get $count) (i32.const 1)) (then
              (loop $sweep
                (if (i64.ne (i64.load (local.get $place)) (i64.const 0)) (then
                  (if (i32.ne (local.get $place) (i32.const 1024)) (then (call $exit (i32.const 1))))))
                (local.set $place (i32.add (local.get $place) (i32.const 8)))
                (br_if $sweep (i32.lt_u (local.get $place) (i32.const 0x4000000))))))))
        """

    private func canaryContainer(_ count: Int) throws -> Container {
        let container = try runtime.bundle(.wasm) {
            $0.arguments = ["/canary.wat"] + Array(repeating: "again", count: count - 1)
        }
        try Data(Self.canary.utf8).write(to: URL(fileURLWithPath: "\(container.root)/canary.wat"))
        return container
    }

    /// Two guests of one module that a zygote has mapped once.
    @Test func nothingOfOneGuestsMemoryIsInTheNextOnes() throws {
        let zygote = try Zygote(runtime)
        defer { zygote.running.kill() }
        let run = { (count: Int) in try self.canaryContainer(count).run("--zygote", zygote.socket) }
        for _ in 0..<3 {
            let filled = try run(1)
            #expect(filled.code == 0, "\(filled)")
            let swept = try run(2)
            #expect(swept.code == 0, "\(swept)")
        }
        let both = try run(3)
        #expect(both.code == 1, "the sweep finds what is there: \(both)")
    }

    /// One beside the other in one container.
    @Test func nothingOfItIsInOneThatIsExecuted() throws {
        let container = try runtime.bundle(.wasm, "rest")
        try Data(Self.canary.utf8).write(to: URL(fileURLWithPath: "\(container.root)/canary.wat"))
        _ = try container.launch()
        for count in [1, 2, 1, 2] {
            let words = ["/canary.wat"] + Array(repeating: "again", count: count - 1)
            let outcome = try container("exec", then: words)
            #expect(outcome.code == 0, "\(outcome)")
        }
    }
}
