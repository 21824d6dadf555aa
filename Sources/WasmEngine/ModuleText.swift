import CWasmtime

/// The text format.
public enum ModuleText {
    /// More text than this is refused.
    public static let limit = 64 << 20

    /// Assembles the text of a module or component. Throws `text` with the place of the mistake.
    public static func binary(fromText text: String) throws(EngineError) -> [UInt8] {
        guard text.utf8.count <= limit else {
            throw EngineError(.limit, "assemble the text", "it is longer than \(limit) bytes")
        }
        var bytes = wasm_byte_vec_t()
        let error = text.withLibraryName { wasmtime_wat2wasm($0, $1, &bytes) }
        if let error { throw EngineError(.text, "assemble the text", consume(error: error)) }
        defer { wasm_byte_vec_delete(&bytes) }
        // SAFETY: the library says how many bytes stand there.
        return [UInt8](UnsafeBufferPointer(start: bytes.data, count: bytes.size))
    }
}
