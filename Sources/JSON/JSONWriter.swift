extension JSONValue {
    /// How a document is laid out; the order of members is the order in which they were added, always.
    public enum Form: Sendable {
        /// Without any white space.
        case compact
        /// Indented by two spaces, one member a line, with a newline at the end: for people and for diffs.
        case pretty
    }

    /// The document in UTF-8. The same value gives the same bytes.
    public func bytes(_ form: Form = .compact) -> [UInt8] {
        var writer = JSONWriter(pretty: form == .pretty)
        writer.write(self, indent: 0)
        if form == .pretty { writer.output.append(0x0A) }
        return writer.output
    }

    /// The document as text.
    public func text(_ form: Form = .compact) -> String { String(decoding: bytes(form), as: UTF8.self) }
}

struct JSONWriter {
    let pretty: Bool
    var output: [UInt8] = []

    mutating func write(_ value: JSONValue, indent: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .unsigned(let value): append(String(value))
        // JSON has no infinities and no NaN; null is what other writers put there.
        case .double(let value): append(value.isFinite ? "\(value)" : "null")
        case .string(let value): write(string: value)
        case .array(let elements):
            list(elements, open: "[", close: "]", indent: indent) { writer, element in
                writer.write(element, indent: indent + 1)
            }
        case .object(let object):
            list(object.members, open: "{", close: "}", indent: indent) { writer, member in
                writer.write(string: member.key)
                writer.append(writer.pretty ? ": " : ":")
                writer.write(member.value, indent: indent + 1)
            }
        }
    }

    private mutating func list<Element>(
        _ elements: [Element], open: String, close: String, indent: Int,
        _ body: (inout JSONWriter, Element) -> Void
    ) {
        append(open)
        for (index, element) in elements.enumerated() {
            if index > 0 { append(",") }
            newline(indent + 1)
            body(&self, element)
        }
        if !elements.isEmpty { newline(indent) }
        append(close)
    }

    private mutating func newline(_ indent: Int) {
        guard pretty else { return }
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: indent * 2))
    }

    /// Escapes what JSON demands, and DEL and the C1 controls, which a terminal would obey.
    private mutating func write(string: String) {
        output.append(UInt8(ascii: "\""))
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
                let digits = String(scalar.value, radix: 16)
                append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }
}

/// `text` between quotes, with what a terminal would obey escaped: for error messages about outside text.
public func quoted(_ text: String) -> String {
    JSONValue.string(text).text()
}
