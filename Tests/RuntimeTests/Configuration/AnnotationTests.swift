import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "What is wasm, and what annotations may do", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
struct AnnotationTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    @Test(arguments: [
        ["run.oci.handler": "wasm"], ["run.oci.handler": "wasm-smart"], ["module.wasm.image/variant": "compat"],
        ["module.wasm.image/variant": "compat-smart"], [:],
    ]) func aWasmFileRunsWithAndWithoutTheAnnotationsOfTheField(annotations: [String: String]) throws {
        let outcome = try runtime.bundle(.wasm, "exit", "9") {
            for (key, value) in annotations { $0.others["annotations"] = .object([key: .string(value)]) }
        }.run()
        #expect(outcome.code == 9, "\(outcome)")
    }

    @Test(arguments: ["wasm-smart", "nothing-known"]) func aNativeFileStaysNative(handler: String) throws {
        let outcome = try runtime.bundle(.native, "exit", "9") {
            $0.others["annotations"] = ["run.oci.handler": .string(handler)]
        }.run()
        #expect(outcome.code == 9 || handler == "nothing-known", "\(outcome)")
    }

    @Test func aWasmFileNeedsNoEnding() throws {
        let container = try runtime.bundle(.wasm, "exit", "9") { $0.arguments[0] = "/program" }
        try FileManager.default.moveItem(atPath: "\(container.root)/guest.wasm", toPath: "\(container.root)/program")
        #expect(try container.run().code == 9)
    }

    @Test func textOfAModuleRunsToo() throws {
        let container = try runtime.bundle(.wasm) { $0.arguments = ["/hello.wat"] }
        let text = #"""
            (module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 5))))
            """#
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(container.root)/hello.wat"))
        #expect(try container.run().code == 5)
    }

    @Test(arguments: Guest.allCases) func namesOfNoSystemCallAreRefusedWhereTheAnnotationAsks(guest: Guest) throws {
        for (value, isRefused) in [("1", true), ("0", false), (nil, false)] as [(String?, Bool)] {
            let container = try runtime.bundle(guest, "exit", "7") {
                $0.linux["seccomp"] = [
                    "defaultAction": "SCMP_ACT_ALLOW",
                    "syscalls": [["names": ["mkdir", "no_such_call"], "action": "SCMP_ACT_ERRNO"]],
                ]
                if let value {
                    $0.others["annotations"] = ["run.oci.seccomp_fail_unknown_syscall": .string(value)]
                }
            }
            let outcome = try container.run()
            #expect(outcome.code == (isRefused ? 1 : 7), "\(outcome)")
            #expect(outcome.error.contains("linux.seccomp.syscalls[0].names[1]") == isRefused, "\(outcome)")
        }
    }

    @Test(arguments: [
        "run.oci.hooks.stderr", "run.oci.mount_context_type", "run.oci.seccomp.receiver", "io.containerd.shim.binary",
        "run.oci.handler", "org.criu.config", "io.katacontainers.config.hypervisor.path", "martlet.hooks",
        "io.podman.annotations",
    ]) func hostileLabelsChangeNothingOfTheHost(key: String) throws {
        let made = runtime.path("made-by-a-label")
        for value in ["binary:///bin/touch?path=\(made)", "/bin/touch \(made)", "file://\(made)", "\(made)"] {
            let container = try runtime.bundle(.wasm, "exit", "0") {
                $0.others["annotations"] = .object([key: .string(value)])
            }
            _ = try container.run()
            #expect(!Machine.exists(made), "\(key)=\(value)")
        }
    }
}
