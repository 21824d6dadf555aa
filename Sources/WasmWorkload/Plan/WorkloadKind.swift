import WasmBinary

/// How a bundle's process runs: as a guest of the wasm engine, or as a program of the kernel's.
public enum WorkloadKind: Hashable, Sendable {
    case wasm, native

    /// The annotations of the field, as crun reads them; `handler` is looked at first and alone.
    enum Annotation {
        static let handler = "run.oci.handler"
        static let variant = "module.wasm.image/variant"
        /// What containerd and CRI-O write on the container that holds a pod's namespaces.
        static let sandbox = ["io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"]
    }

    /// Decides by the entry's content, then by its name; the annotations demand wasm, or allow it.
    ///
    /// - `\0asm` is wasm. An ELF program and a script with `#!` are native. Of anything else, a name that ends in `.wasm` or
    ///   `.wat` is wasm, so that the engine says what is wrong with it, and any other name is native.
    /// - `run.oci.handler=wasm` and `module.wasm.image/variant=compat` demand wasm: whatever isn't native by its content goes
    ///   to the engine, whatever its name, and a native entry is an error. (crun hands everything to its engine, which
    ///   refuses it when the container starts.)
    /// - `wasm-smart` and `compat-smart` leave it at the content and the name. (crun goes by the name alone.)
    /// - A pod's sandbox container, which inherits the pod's annotations, is never under a demand.
    ///
    /// - Parameters:
    ///   - preamble: the entry's first bytes, 4 or more when it has them; nil when there is no such file.
    ///   - entry: the first of `process.args`, with or without `#export`.
    ///
    /// Errors: a demand on a native entry; a handler that isn't here. An unknown variant is ignored like any unknown
    /// annotation: it comes with images.
    public static func decide(
        annotations: [String: String], preamble: [UInt8]?, entry: String
    ) throws(PlanError) -> WorkloadKind {
        let name = EntryPointName(entry).path
        let content = preamble.flatMap(kind(byContent:))
        let kind = content ?? (name.hasSuffix(".wasm") || name.hasSuffix(".wat") ? .wasm : .native)
        guard let demand = try demand(in: annotations) else { return kind }
        guard content != .native else {
            throw PlanError(
                "annotation \(demand) demands WebAssembly, and process.args[0] \(name) is a native program: "
                    + "drop the annotation, or add -smart to its value")
        }
        return .wasm
    }

    /// What the first bytes alone say; nil when they say nothing.
    static func kind(byContent preamble: [UInt8]) -> WorkloadKind? {
        if preamble.starts(with: BinaryKind.magic) { return .wasm }
        if preamble.starts(with: [0x7F, 0x45, 0x4C, 0x46]) || preamble.starts(with: Array("#!".utf8)) {
            return .native
        }
        return nil
    }

    /// The annotation that demands wasm, as it stands; nil when none does.
    private static func demand(in annotations: [String: String]) throws(PlanError) -> String? {
        guard !Annotation.sandbox.contains(where: { annotations[$0] == "sandbox" }) else { return nil }
        if let handler = annotations[Annotation.handler] {
            switch handler {
            case "wasm": return "\(Annotation.handler)=wasm"
            case "wasm-smart": return nil
            default:
                throw PlanError(
                    "annotation \(Annotation.handler)=\(handler): there is no such handler here; write wasm or wasm-smart"
                )
            }
        }
        return annotations[Annotation.variant] == "compat" ? "\(Annotation.variant)=compat" : nil
    }
}
