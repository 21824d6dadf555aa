/// WebAssembly's text format, told from other files by its first bytes.
public enum TextForm {
    /// Whether they can begin a text: a parenthesis after white space, or a comment of lines.
    public static func isLikely(_ head: [UInt8]) -> Bool {
        guard let first = head.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return false }
        return first == UInt8(ascii: "(")
            || (head.starts(with: ";;".utf8)
                && head.allSatisfy { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 || $0 >= 0x20 })
    }
}
