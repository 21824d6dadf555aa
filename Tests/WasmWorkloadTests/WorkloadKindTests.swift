import OCISpec
import Testing
import WasmWorkload

@Suite("Wasm or native")
struct WorkloadKindTests {
    private static let wasm: [UInt8] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
    private static let elf: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
    private static let script = Array("#!/bin/sh".utf8)
    private static let text = Array("(module)".utf8)
    private static let demands = [["run.oci.handler": "wasm"], ["module.wasm.image/variant": "compat"]]
    private static let allowances = [
        [:], ["run.oci.handler": "wasm-smart"], ["module.wasm.image/variant": "compat-smart"],
        ["module.wasm.image/variant": "unknown"],
    ]

    @Test(
        "content decides, then the name",
        arguments: [
            (wasm, "/app", .wasm), (wasm, "/bin/sh", .wasm), (wasm, "a.wasm#run", .wasm),
            (elf, "/bin/sh", .native), (elf, "/a.wasm", .native), (script, "/run.wat", .native),
            (text, "/a.wat", .wasm), (text, "/a.wat#run", .wasm), (text, "/a.wasm", .wasm), (text, "/a", .native),
            ([], "/a.wasm", .wasm), ([0], "/a", .native), (nil, "/a.wasm", .wasm), (nil, "/a", .native),
        ] as [([UInt8]?, String, WorkloadKind)], allowances)
    func content(_ entry: ([UInt8]?, String, WorkloadKind), annotations: [String: String]) throws {
        #expect(
            try WorkloadKind.decide(annotations: annotations, preamble: entry.0, entry: entry.1) == entry.2)
    }

    @Test("a demand hands everything to the engine that isn't native", arguments: demands)
    func demanded(annotations: [String: String]) throws {
        for preamble in [Self.wasm, Self.text, [], nil] {
            #expect(try WorkloadKind.decide(annotations: annotations, preamble: preamble, entry: "/app") == .wasm)
        }
    }

    @Test("a demand on a native program is refused with the annotation and the program", arguments: demands)
    func refused(annotations: [String: String]) throws {
        for preamble in [Self.elf, Self.script] {
            let error = #expect(throws: PlanError.self) {
                try WorkloadKind.decide(annotations: annotations, preamble: preamble, entry: "/bin/sh")
            }
            let annotation = annotations.map { "\($0.key)=\($0.value)" }[0]
            #expect(
                error?.description
                    == "annotation \(annotation) demands WebAssembly, and process.args[0] /bin/sh is a native program: "
                    + "drop the annotation, or add -smart to its value")
        }
    }

    @Test(
        "a pod's sandbox runs its pause program under the pod's annotations",
        arguments: ["io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"], demands)
    func sandbox(key: String, demand: [String: String]) throws {
        var annotations = demand
        annotations[key] = "sandbox"
        #expect(try WorkloadKind.decide(annotations: annotations, preamble: Self.elf, entry: "/pause") == .native)
        annotations[key] = "container"
        #expect(throws: PlanError.self) {
            try WorkloadKind.decide(annotations: annotations, preamble: Self.elf, entry: "/pause")
        }
    }

    @Test("the handler is looked at first and alone")
    func precedence() throws {
        let annotations = ["run.oci.handler": "wasm-smart", "module.wasm.image/variant": "compat"]
        #expect(try WorkloadKind.decide(annotations: annotations, preamble: Self.elf, entry: "/a") == .native)
    }

    @Test("a handler that isn't here is an error", arguments: ["krun", "", "WASM"])
    func unknownHandler(name: String) {
        let error = #expect(throws: PlanError.self) {
            try WorkloadKind.decide(annotations: ["run.oci.handler": name], preamble: Self.wasm, entry: "/a.wasm")
        }
        #expect(error?.description.hasPrefix("annotation run.oci.handler=\(name): ") == true)
    }
}
