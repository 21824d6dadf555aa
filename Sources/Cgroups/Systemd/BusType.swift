/// One complete type of D-Bus. D-Bus specification, "Type System".
indirect enum BusType: Hashable, Sendable {
    /// By its code: `y b n q i u x t d s o g h`.
    case basic(UInt8)
    case array(BusType)
    case structure([BusType])
    case entry(BusType, BusType)
    case variant

    /// "Summary of D-Bus marshalling".
    var alignment: Int {
        switch self {
        case .basic(let code):
            switch code {
            case UInt8(ascii: "y"), UInt8(ascii: "g"): 1
            case UInt8(ascii: "n"), UInt8(ascii: "q"): 2
            case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"): 8
            default: 4
            }
        case .array: 4
        case .structure, .entry: 8
        case .variant: 1
        }
    }

    static let lengthLimit = 255
    /// Arrays within arrays, and structures within structures.
    static let nestingLimit = 32

    /// The types of a signature. "Valid Signatures".
    static func list(_ signature: String) throws(BusError) -> [BusType] {
        var parser = Parser(rest: Array(signature.utf8)[...])
        guard parser.rest.count <= lengthLimit else { throw .violation("a signature of \(parser.rest.count) bytes") }
        var types: [BusType] = []
        while !parser.rest.isEmpty { types.append(try parser.next(arrays: 0, structures: 0)) }
        return types
    }

    /// A signature that is one complete type, as a variant has it.
    static func one(_ signature: String) throws(BusError) -> BusType {
        let types = try list(signature)
        guard types.count == 1 else { throw .violation("a variant of \(types.count) types") }
        return types[0]
    }

    /// The element of an array: an entry of a dictionary can stand only there.
    static func element(_ signature: String) throws(BusError) -> BusType {
        guard case .array(let element) = try one("a\(signature)") else { throw .violation("an array of nothing") }
        return element
    }

    var signature: String {
        switch self {
        case .basic(let code): String(decoding: [code], as: UTF8.self)
        case .array(let element): "a\(element.signature)"
        case .structure(let members): "(\(members.map(\.signature).joined()))"
        case .entry(let key, let value): "{\(key.signature)\(value.signature)}"
        case .variant: "v"
        }
    }

    private struct Parser {
        var rest: ArraySlice<UInt8>

        private static let basics = Array("ybnqiuxtdsogh".utf8)

        mutating func next(arrays: Int, structures: Int) throws(BusError) -> BusType {
            guard arrays <= nestingLimit, structures <= nestingLimit else {
                throw .violation("a signature nested too deep")
            }
            guard let code = rest.popFirst() else { throw .violation("a signature without its end") }
            switch code {
            case UInt8(ascii: "v"): return .variant
            case UInt8(ascii: "a"):
                if rest.first == UInt8(ascii: "{") {
                    rest.removeFirst()
                    return .array(try entry(arrays: arrays + 1, structures: structures + 1))
                }
                return .array(try next(arrays: arrays + 1, structures: structures))
            case UInt8(ascii: "("):
                var members: [BusType] = []
                while rest.first != UInt8(ascii: ")") {
                    members.append(try next(arrays: arrays, structures: structures + 1))
                }
                rest.removeFirst()
                guard !members.isEmpty else { throw .violation("a structure of nothing") }
                return .structure(members)
            case _ where Self.basics.contains(code): return .basic(code)
            default: throw .violation("the type code \(code)")
            }
        }

        private mutating func entry(arrays: Int, structures: Int) throws(BusError) -> BusType {
            let key = try next(arrays: arrays, structures: structures)
            guard case .basic = key else { throw .violation("a dictionary with a key that isn't basic") }
            let value = try next(arrays: arrays, structures: structures)
            guard rest.popFirst() == UInt8(ascii: "}") else { throw .violation("a dictionary entry without its end") }
            return .entry(key, value)
        }
    }
}
