/// A part of a binary: what it is and where.
public struct Section: Hashable, Sendable {
    public var id: UInt8
    /// The specification's word, such as `import`; for a custom section `custom` and its name.
    public var name: String
    /// Where its contents begin, in bytes from the start of the binary.
    public var offset: Int
    /// Bytes of its contents.
    public var size: Int

    public init(id: UInt8, name: String, offset: Int, size: Int) {
        self.id = id
        self.name = name
        self.offset = offset
        self.size = size
    }

    static let moduleNames = [
        "custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code",
        "data",
        "data count", "tag",
    ]

    static let componentNames = [
        "custom", "core module", "core instance", "core type", "component", "instance", "alias", "type", "canonical",
        "start", "import", "export", "value",
    ]
}

extension ByteReader {
    /// Reads a section's head and lends its contents.
    mutating func section(_ names: [String]) throws(BinaryError) -> (section: Section, contents: ByteReader) {
        let start = position
        let id = try byte()
        guard Int(id) < names.count else { throw BinaryError(.unknownCode(id), at: start) }
        var contents = try sizedPart()
        var section = Section(id: id, name: names[Int(id)], offset: contents.position, size: contents.remaining)
        if id == 0 { section.name = "custom \(try contents.name())" }
        return (section, contents)
    }
}
