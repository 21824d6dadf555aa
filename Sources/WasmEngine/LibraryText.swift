import CWasmtime

extension String {
    /// A copy of text that the library owns; a zero byte at its end is left out.
    init(libraryBytes bytes: wasm_byte_vec_t) {
        guard let data = bytes.data else {
            self = ""
            return
        }
        var count = bytes.size
        if count > 0, data[count - 1] == 0 { count -= 1 }
        // SAFETY: the library says how many bytes stand at `data`.
        self.init(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
    }

    /// Lends the UTF-8 bytes as the library's functions take names.
    func withLibraryName<Result>(_ body: (UnsafePointer<CChar>?, Int) -> Result) -> Result {
        var copy = self
        return copy.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { body($0.baseAddress, $0.count) }
        }
    }
}

/// The text of an error of the library, which is deleted.
func consume(error: OpaquePointer) -> String {
    var text = wasm_byte_vec_t()
    wasmtime_error_message(error, &text)
    defer {
        wasm_byte_vec_delete(&text)
        wasmtime_error_delete(error)
    }
    return inOneLine(String(libraryBytes: text))
}

/// The library writes a chain of causes below one another: "failed\n\nCaused by:\n    0: mapping\n    1: no memory".
func inOneLine(_ text: String) -> String {
    guard text.contains("\nCaused by:") else { return text }
    let parts = text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty && $0 != "Caused by:" }
    return parts.map { part in
        let rest = part.drop { $0.isNumber }
        return String(rest.count < part.count && rest.hasPrefix(": ") ? rest.dropFirst(2) : part)
    }.joined(separator: ": ")
}
