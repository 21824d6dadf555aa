/// What the indices of a module refer to, filled in binary order (core specification, 2.5.1).
struct IndexSpaces {
    /// Nil for a type that isn't a function's.
    private var types: [FunctionType?] = []
    private var functions: [UInt32] = []
    private var tables: [TableType] = []
    private var memories: [MemoryType] = []
    private var globals: [GlobalType] = []
    private var tags: [UInt32] = []

    /// The type of something exported.
    func type(_ kind: UInt8, _ index: UInt32, at offset: Int) throws(BinaryError) -> ExternType {
        let index = Int(index)
        switch kind {
        case 0 where index < functions.count: return .function(try function(functions[index], at: offset))
        case 1 where index < tables.count: return .table(tables[index])
        case 2 where index < memories.count: return .memory(memories[index])
        case 3 where index < globals.count: return .global(globals[index])
        case 4 where index < tags.count: return .tag(try function(tags[index], at: offset))
        case 0...4: throw BinaryError(.unknownIndex, at: offset)
        default: throw BinaryError(.unknownCode(kind), at: offset)
        }
    }

    private func function(_ index: UInt32, at offset: Int) throws(BinaryError) -> FunctionType {
        guard Int(index) < types.count, let type = types[Int(index)] else {
            throw BinaryError(.unknownIndex, at: offset)
        }
        return type
    }

    /// Reads the description of an import and gives it the next index of its kind.
    mutating func readImported(_ reader: inout ByteReader) throws(BinaryError) -> ExternType {
        let start = reader.position
        let kind = try reader.byte()
        switch kind {
        case 0:
            functions.append(try reader.u32())
            return try type(0, UInt32(functions.count - 1), at: start)
        case 1:
            tables.append(try reader.tableType())
            return .table(tables[tables.count - 1])
        case 2:
            memories.append(try reader.memoryType())
            return .memory(memories[memories.count - 1])
        case 3:
            globals.append(try reader.globalType())
            return .global(globals[globals.count - 1])
        case 4:
            tags.append(try Self.tag(&reader))
            return try type(4, UInt32(tags.count - 1), at: start)
        default: throw BinaryError(.unknownCode(kind), at: start)
        }
    }

    mutating func readFunctions(_ reader: inout ByteReader) throws(BinaryError) {
        for _ in 0..<(try reader.count(of: "functions", limit: BinaryLimits.definitions)) {
            functions.append(try reader.u32())
        }
    }

    mutating func readTables(_ reader: inout ByteReader) throws(BinaryError) {
        for _ in 0..<(try reader.count(of: "tables", limit: BinaryLimits.definitions)) {
            // 0x40 0x00 begins a table with an initial value.
            let hasInitial = try reader.peek() == 0x40
            if hasInitial { try reader.skip(2) }
            tables.append(try reader.tableType())
            if hasInitial { try reader.skipConstantExpression() }
        }
    }

    mutating func readMemories(_ reader: inout ByteReader) throws(BinaryError) {
        for _ in 0..<(try reader.count(of: "memories", limit: BinaryLimits.definitions)) {
            memories.append(try reader.memoryType())
        }
    }

    mutating func readGlobals(_ reader: inout ByteReader) throws(BinaryError) {
        for _ in 0..<(try reader.count(of: "globals", limit: BinaryLimits.definitions)) {
            globals.append(try reader.globalType())
            try reader.skipConstantExpression()
        }
    }

    mutating func readTags(_ reader: inout ByteReader) throws(BinaryError) {
        for _ in 0..<(try reader.count(of: "tags", limit: BinaryLimits.definitions)) {
            tags.append(try Self.tag(&reader))
        }
    }

    private static func tag(_ reader: inout ByteReader) throws(BinaryError) -> UInt32 {
        let attribute = try reader.byte()
        guard attribute == 0 else { throw BinaryError(.unknownCode(attribute), at: reader.position - 1) }
        return try reader.u32()
    }

    // MARK: Types

    mutating func readTypes(_ reader: inout ByteReader) throws(BinaryError) {
        for _ in 0..<(try reader.count(of: "types", limit: BinaryLimits.types)) {
            guard try reader.peek() == 0x4e else {
                try readSubtype(&reader)
                continue
            }
            try reader.skip(1)
            for _ in 0..<(try reader.count(of: "types", limit: BinaryLimits.types)) { try readSubtype(&reader) }
        }
    }

    private mutating func readSubtype(_ reader: inout ByteReader) throws(BinaryError) {
        guard types.count < BinaryLimits.types else { throw reader.fail(.tooMany("types")) }
        var code = try reader.byte()
        if code == 0x50 || code == 0x4f {
            for _ in 0..<(try reader.count(of: "supertypes", limit: 1)) { _ = try reader.u32() }
            code = try reader.byte()
        }
        switch code {
        case 0x60:
            let parameters = try Self.valueTypes(&reader)
            types.append(FunctionType(parameters: parameters, results: try Self.valueTypes(&reader)))
        case 0x5f:
            for _ in 0..<(try reader.count(of: "fields", limit: BinaryLimits.types)) { try Self.skipField(&reader) }
            types.append(nil)
        case 0x5e:
            try Self.skipField(&reader)
            types.append(nil)
        case 0x5d:
            _ = try reader.heapType()
            types.append(nil)
        default: throw BinaryError(.unknownCode(code), at: reader.position - 1)
        }
    }

    private static func valueTypes(_ reader: inout ByteReader) throws(BinaryError) -> [ValueType] {
        let count = try reader.count(of: "parameters or results", limit: BinaryLimits.parameters)
        var types: [ValueType] = []
        for _ in 0..<count { types.append(try reader.valueType()) }
        return types
    }

    /// A field of a struct or array: a value type or a packed one (i8, i16), then its mutability.
    private static func skipField(_ reader: inout ByteReader) throws(BinaryError) {
        let code = try reader.peek()
        if code == 0x78 || code == 0x77 { try reader.skip(1) } else { _ = try reader.valueType() }
        try reader.skip(1)
    }
}
