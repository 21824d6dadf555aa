/// A component seen from outside: its parts, and the names and kinds of what it wants and offers.
public struct ComponentOutline: Hashable, Sendable {
    /// What a name stands for.
    public enum Kind: String, Hashable, Sendable {
        case coreModule = "core module"
        case function, value, type, component, instance
    }

    /// An import or an export, by its name and sort.
    public struct Item: Hashable, Sendable {
        /// Such as `wasi:cli/run@0.2.3`.
        public var name: String
        public var kind: Kind

        public init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    public var sections: [Section] = []
    public var imports: [Item] = []
    public var exports: [Item] = []
    /// From the component-name section.
    public var name: String?

    /// Reads a component in binary order. Parts inside of it (core modules, nested components) are stepped over, not into.
    public init(_ bytes: [UInt8]) throws(BinaryError) {
        guard BinaryKind(preamble: bytes) == .component else { throw BinaryError(.notWebAssembly, at: 0) }
        var reader = ByteReader(bytes)
        try reader.skip(BinaryKind.preambleSize)
        while !reader.isAtEnd {
            guard sections.count < BinaryLimits.sections else { throw reader.fail(.tooMany("sections")) }
            var (section, contents) = try reader.section(Section.componentNames)
            sections.append(section)
            switch section.id {
            case 0 where section.name == "custom component-name": name = (try? Self.componentName(contents)) ?? name
            case 10: try readImports(&contents)
            case 11: try readExports(&contents)
            default: break
            }
        }
    }

    private mutating func readImports(_ contents: inout ByteReader) throws(BinaryError) {
        for _ in 0..<(try contents.count(of: "imports", limit: BinaryLimits.imports)) {
            let name = try contents.externName()
            imports.append(Item(name: name, kind: try contents.externDescription()))
        }
        guard contents.isAtEnd else { throw contents.fail(.wrongSize) }
    }

    private mutating func readExports(_ contents: inout ByteReader) throws(BinaryError) {
        for _ in 0..<(try contents.count(of: "exports", limit: BinaryLimits.exports)) {
            let name = try contents.externName()
            let kind = try contents.sort()
            _ = try contents.u32()
            switch try contents.byte() {
            case 0: break
            case 1: _ = try contents.externDescription()
            case let code: throw BinaryError(.unknownCode(code), at: contents.position - 1)
            }
            exports.append(Item(name: name, kind: kind))
        }
        guard contents.isAtEnd else { throw contents.fail(.wrongSize) }
    }

    private static func componentName(_ section: ByteReader) throws(BinaryError) -> String? {
        var contents = section
        while !contents.isAtEnd {
            let id = try contents.byte()
            var part = try contents.sizedPart()
            if id == 0 { return try part.name() }
        }
        return nil
    }
}

// Component model, design/mvp/Binary.md: import and export definitions.
extension ByteReader {
    /// A name with its form: 0 and 1 carry the name alone, 2 adds options that are stepped over.
    fileprivate mutating func externName() throws(BinaryError) -> String {
        let form = try byte()
        switch form {
        case 0, 1: return try name()
        case 2:
            let result = try name()
            for _ in 0..<(try count(of: "name options", limit: 16)) {
                _ = try byte()
                _ = try sizedPart()
            }
            return result
        default: throw BinaryError(.unknownCode(form), at: position - 1)
        }
    }

    fileprivate mutating func sort() throws(BinaryError) -> ComponentOutline.Kind {
        let code = try byte()
        switch code {
        case 0:
            let core = try byte()
            guard core == 0x11 else { throw BinaryError(.unknownCode(core), at: position - 1) }
            return .coreModule
        case 1: return .function
        case 2: return .value
        case 3: return .type
        case 4: return .component
        case 5: return .instance
        default: throw BinaryError(.unknownCode(code), at: position - 1)
        }
    }

    fileprivate mutating func externDescription() throws(BinaryError) -> ComponentOutline.Kind {
        let kind = try sort()
        switch kind {
        case .coreModule, .function, .component, .instance: _ = try u32()
        case .value:
            switch try byte() {
            case 0: _ = try u32()
            case 1: _ = try signed(bits: 33)
            case let code: throw BinaryError(.unknownCode(code), at: position - 1)
            }
        case .type:
            switch try byte() {
            case 0: _ = try u32()
            case 1: break
            case let code: throw BinaryError(.unknownCode(code), at: position - 1)
            }
        }
        return kind
    }
}
