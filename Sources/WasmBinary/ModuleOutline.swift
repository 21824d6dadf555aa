/// A core module seen from outside: its parts, what it wants and what it offers. Nothing is validated beyond what is read.
public struct ModuleOutline: Hashable, Sendable {
    public var sections: [Section] = []
    public var imports: [ModuleImport] = []
    public var exports: [ModuleExport] = []
    /// From the name section.
    public var name: String?
    /// Whether a function runs when the module is instantiated.
    public var hasStart = false

    /// Reads a module. Throws for anything that can't be one, at the first place that shows it.
    public init(_ bytes: [UInt8]) throws(BinaryError) {
        guard BinaryKind(preamble: bytes) == .module else { throw BinaryError(.notWebAssembly, at: 0) }
        var reader = ByteReader(bytes)
        try reader.skip(BinaryKind.preambleSize)
        var spaces = IndexSpaces()
        while !reader.isAtEnd {
            guard sections.count < BinaryLimits.sections else { throw reader.fail(.tooMany("sections")) }
            var (section, contents) = try reader.section(Section.moduleNames)
            sections.append(section)
            try read(section, &contents, &spaces)
        }
    }

    private mutating func read(
        _ section: Section, _ contents: inout ByteReader, _ spaces: inout IndexSpaces
    ) throws(BinaryError) {
        switch section.id {
        case 0:
            // A damaged name section is no reason to refuse a module: the specification says to ignore it.
            if section.name == "custom name" { name = (try? Self.moduleName(contents)) ?? name }
            return
        case 1: try spaces.readTypes(&contents)
        case 2: try readImports(&contents, &spaces)
        case 3: try spaces.readFunctions(&contents)
        case 4: try spaces.readTables(&contents)
        case 5: try spaces.readMemories(&contents)
        case 6: try spaces.readGlobals(&contents)
        case 7: try readExports(&contents, spaces)
        case 8:
            _ = try contents.u32()
            hasStart = true
        case 13: try spaces.readTags(&contents)
        default: return
        }
        guard contents.isAtEnd else { throw contents.fail(.wrongSize) }
    }

    private mutating func readImports(
        _ contents: inout ByteReader, _ spaces: inout IndexSpaces
    ) throws(BinaryError) {
        for _ in 0..<(try contents.count(of: "imports", limit: BinaryLimits.imports)) {
            let module = try contents.name()
            let name = try contents.name()
            let type = try spaces.readImported(&contents)
            imports.append(ModuleImport(module: module, name: name, type: type))
        }
    }

    private mutating func readExports(_ contents: inout ByteReader, _ spaces: IndexSpaces) throws(BinaryError) {
        for _ in 0..<(try contents.count(of: "exports", limit: BinaryLimits.exports)) {
            let name = try contents.name()
            let start = contents.position
            let kind = try contents.byte()
            let index = try contents.u32()
            exports.append(ModuleExport(name: name, type: try spaces.type(kind, index, at: start)))
        }
    }

    /// The first subsection of the name section, when it is there.
    private static func moduleName(_ section: ByteReader) throws(BinaryError) -> String? {
        var contents = section
        while !contents.isAtEnd {
            let id = try contents.byte()
            var part = try contents.sizedPart()
            if id == 0 { return try part.name() }
        }
        return nil
    }
}
