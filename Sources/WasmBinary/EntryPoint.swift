/// How a binary wants to be run, by what it exports.
public enum EntryPoint: Hashable, Sendable {
    /// A core module with `_start`: instantiated, then `_start` is called once.
    case command
    /// A core module with `_initialize` and no `_start`: other exports are called after it.
    case reactor
    /// A core module with neither: an export is called by name.
    case exports
    /// A component that exports `wasi:cli/run`, with its version such as `0.2.3`.
    case componentCommand(version: String)
    /// A component that exports `wasi:http/incoming-handler` (0.2) or `wasi:http/handler` (0.3).
    case httpHandler(version: String)
    /// Any other component.
    case componentExports
}

extension WasmOutline {
    public var entryPoint: EntryPoint {
        switch self {
        case .module(let module): module.entryPoint
        case .component(let component): component.entryPoint
        }
    }
}

extension ModuleOutline {
    public var entryPoint: EntryPoint {
        if exportsFunction("_start") { return .command }
        return exportsFunction("_initialize") ? .reactor : .exports
    }

    /// Whether it asks for preview 1 under one of its two names.
    public var usesPreview1: Bool {
        imports.contains { $0.module == "wasi_snapshot_preview1" || $0.module == "wasi_unstable" }
    }

    /// Whether it starts threads as wasi-threads has them: it imports `wasi.thread-spawn`.
    public var usesThreads: Bool { imports.contains { $0.module == "wasi" && $0.name == "thread-spawn" } }

    private func exportsFunction(_ name: String) -> Bool {
        exports.contains { export in
            if case .function = export.type { export.name == name } else { false }
        }
    }
}

extension ComponentOutline {
    public var entryPoint: EntryPoint {
        if let version = exportedVersion(of: ["wasi:cli/run"]) { return .componentCommand(version: version) }
        if let version = exportedVersion(of: ["wasi:http/incoming-handler", "wasi:http/handler"]) {
            return .httpHandler(version: version)
        }
        return .componentExports
    }

    /// The version behind the `@` of the first exported instance of one of these names; empty when it has none.
    private func exportedVersion(of interfaces: [String]) -> String? {
        for export in exports where export.kind == .instance {
            let parts = export.name.split(separator: "@", maxSplits: 1)
            guard let name = parts.first, interfaces.contains(String(name)) else { continue }
            return parts.count == 2 ? String(parts[1]) : ""
        }
        return nil
    }
}
