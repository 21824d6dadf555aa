import SystemCalls
import WasmBinary

/// What runs when an image is run, by the first bytes of its entry point.
public enum EntryKind: Sendable, Equatable {
    /// A WebAssembly module or component, with what it wants and offers.
    case wasm(WasmOutline)
    /// WebAssembly text, which is compiled when it is run.
    case text
    /// An ELF program or a script: a process of the host's kind.
    case native
    /// Not known, and why.
    case unknown(String)

    /// Looks at the content of an entry point. A damaged binary is known to be damaged, no more.
    public init(_ path: String, _ bytes: [UInt8]) {
        if bytes.starts(with: BinaryKind.magic) {
            do throws(BinaryError) { self = .wasm(try WasmOutline(bytes)) } catch {
                self = .unknown("a damaged WebAssembly binary: \(error)")
            }
        } else if bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) || bytes.starts(with: "#!".utf8) {
            self = .native
        } else if path.hasSuffix(".wat") {
            self = .text
        } else {
            self = .unknown("neither WebAssembly nor a program of this system")
        }
    }

    /// In a few words: `preview-1 module, a command`.
    public var summary: String {
        switch self {
        case .wasm(.module(let module)):
            [
                module.usesPreview1 ? "preview-1 module" : "core module", Self.words(module.entryPoint),
                module.usesThreads ? "starts threads" : nil,
            ].compactMap { $0 }.joined(separator: ", ")
        case .wasm(.component(let component)): "component, \(Self.words(component.entryPoint))"
        case .text: "WebAssembly text"
        case .native: "native"
        case .unknown(let reason): "unknown: \(reason)"
        }
    }

    private static func words(_ entry: EntryPoint) -> String {
        switch entry {
        case .command: "a command"
        case .reactor: "a reactor"
        case .exports: "called by export"
        case .componentCommand(let version): "a command (wasi:cli \(version))"
        case .httpHandler(let version): "an HTTP handler (wasi:http \(version))"
        case .componentExports: "called by export"
        }
    }

    /// One line for each import: `wasi_snapshot_preview1.fd_write: func (i32, i32, i32, i32) -> i32`.
    public var imports: [String] {
        switch self {
        case .wasm(.module(let module)): module.imports.map { "\($0.module).\($0.name): \($0.type)" }
        case .wasm(.component(let component)): component.imports.map { "\($0.name): \($0.kind.rawValue)" }
        case .text, .native, .unknown: []
        }
    }

    /// One line for each export: `_start: func () -> ()`.
    public var exports: [String] {
        switch self {
        case .wasm(.module(let module)): module.exports.map { "\($0.name): \($0.type)" }
        case .wasm(.component(let component)): component.exports.map { "\($0.name): \($0.kind.rawValue)" }
        case .text, .native, .unknown: []
        }
    }
}
