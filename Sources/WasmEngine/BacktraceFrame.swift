import CWasmtime

/// One of the guest's functions that was active when a trap happened.
public struct BacktraceFrame: Hashable, Sendable {
    /// The module's name, if its name section has one.
    public var module: String?
    /// The function's name, if the name section has one.
    public var function: String?
    public var functionIndex: UInt32
    /// Bytes from the start of the module's binary; nil when the code carries no map.
    public var moduleOffset: UInt64?

    public init(module: String?, function: String?, functionIndex: UInt32, moduleOffset: UInt64?) {
        self.module = module
        self.function = function
        self.functionIndex = functionIndex
        self.moduleOffset = moduleOffset
    }
}

extension BacktraceFrame: CustomStringConvertible {
    /// `0x5c: guest!compute`, or the function's index where a name is missing.
    public var description: String {
        let place = moduleOffset.map { "0x" + String($0, radix: 16) } ?? "?"
        return "\(place): \(module ?? "<module>")!\(function ?? "<function \(functionIndex)>")"
    }
}

extension BacktraceFrame {
    /// More frames than this are dropped: a stack overflow has tens of thousands.
    static let limit = 128

    /// Reads frames and gives them back to the library.
    static func consume(_ frames: inout wasm_frame_vec_t) -> [BacktraceFrame] {
        defer { wasm_frame_vec_delete(&frames) }
        guard let data = frames.data else { return [] }
        return (0..<min(frames.size, limit)).compactMap { index in
            guard let frame = data[index] else { return nil }
            let offset = wasm_frame_module_offset(frame)
            return BacktraceFrame(
                module: wasmtime_frame_module_name(frame).map { String(libraryBytes: $0.pointee) },
                function: wasmtime_frame_func_name(frame).map { String(libraryBytes: $0.pointee) },
                functionIndex: wasm_frame_func_index(frame),
                moduleOffset: offset == Int.max || offset == -1 ? nil : UInt64(offset))
        }
    }
}
