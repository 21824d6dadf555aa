// Value types, limits and constant expressions (core specification, 5.3 and 5.4.9).

extension ByteReader {
    mutating func valueType() throws(BinaryError) -> ValueType {
        let code = try peek()
        switch code {
        case 0x7f: return try take(.i32)
        case 0x7e: return try take(.i64)
        case 0x7d: return try take(.f32)
        case 0x7c: return try take(.f64)
        case 0x7b: return try take(.v128)
        default: return .reference(try referenceType())
        }
    }

    /// Goes past a type of one byte.
    private mutating func take(_ type: ValueType) throws(BinaryError) -> ValueType {
        try skip(1)
        return type
    }

    mutating func referenceType() throws(BinaryError) -> ReferenceType {
        let code = try byte()
        switch code {
        case 0x63: return ReferenceType(nullable: true, heap: try heapType())
        case 0x64: return ReferenceType(nullable: false, heap: try heapType())
        default:
            guard let heap = HeapType(code: code) else { throw BinaryError(.unknownCode(code), at: position - 1) }
            return ReferenceType(nullable: true, heap: heap)
        }
    }

    mutating func heapType() throws(BinaryError) -> HeapType {
        let code = try peek()
        if let heap = HeapType(code: code) {
            try skip(1)
            return heap
        }
        let index = try signed(bits: 33)
        guard let index = UInt32(exactly: index) else { throw fail(.unknownCode(code)) }
        return .defined(index)
    }

    /// The flags of limits: a maximum, shared, 64-bit, a page size of its own.
    mutating func limits() throws(BinaryError) -> (Limits, isShared: Bool, is64: Bool) {
        let flags = try byte()
        guard flags & ~0x0f == 0 else { throw BinaryError(.unknownCode(flags), at: position - 1) }
        let is64 = flags & 0x04 != 0
        let minimum = is64 ? try u64() : UInt64(try u32())
        var maximum: UInt64?
        if flags & 0x01 != 0 { maximum = is64 ? try u64() : UInt64(try u32()) }
        if flags & 0x08 != 0 { _ = try u32() }
        return (Limits(minimum: minimum, maximum: maximum), flags & 0x02 != 0, is64)
    }

    mutating func tableType() throws(BinaryError) -> TableType {
        let element = try referenceType()
        let (limits, _, is64) = try limits()
        return TableType(element: element, limits: limits, is64: is64)
    }

    mutating func memoryType() throws(BinaryError) -> MemoryType {
        let (limits, isShared, is64) = try limits()
        return MemoryType(limits: limits, is64: is64, isShared: isShared)
    }

    mutating func globalType() throws(BinaryError) -> GlobalType {
        let content = try valueType()
        let mutability = try byte()
        guard mutability & ~0x03 == 0 else { throw BinaryError(.unknownCode(mutability), at: position - 1) }
        return GlobalType(content: content, isMutable: mutability & 0x01 != 0)
    }

    /// Goes past a constant expression, its `end` included.
    mutating func skipConstantExpression() throws(BinaryError) {
        for _ in 0..<BinaryLimits.constantInstructions {
            let code = try byte()
            switch code {
            case 0x0b: return
            case 0x23, 0xd2: _ = try u32()
            case 0x41: _ = try signed(bits: 32)
            case 0x42: _ = try signed(bits: 64)
            case 0x43: try skip(4)
            case 0x44: try skip(8)
            case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: break
            case 0xd0: _ = try heapType()
            case 0xfb: try skipConstantCollectorInstruction()
            case 0xfd:
                guard try u32() == 12 else { throw fail(.unknownCode(code)) }
                try skip(16)
            default: throw BinaryError(.unknownCode(code), at: position - 1)
            }
        }
        throw fail(.tooMany("instructions in a constant expression"))
    }

    private mutating func skipConstantCollectorInstruction() throws(BinaryError) {
        let code = try u32()
        switch code {
        case 0, 1, 6, 7: _ = try u32()
        case 8:
            _ = try u32()
            _ = try u32()
        case 26, 27, 28: break
        default: throw fail(.unknownCode(UInt8(truncatingIfNeeded: code)))
        }
    }
}

extension HeapType {
    /// The abstract heap types, which are also the short forms of nullable references to them.
    init?(code: UInt8) {
        switch code {
        case 0x75: self = .noContinuation
        case 0x74: self = .noException
        case 0x73: self = .noFunction
        case 0x72: self = .noExtern
        case 0x71: self = .none
        case 0x70: self = .function
        case 0x6f: self = .extern
        case 0x6e: self = .any
        case 0x6d: self = .eq
        case 0x6c: self = .i31
        case 0x6b: self = .structure
        case 0x6a: self = .array
        case 0x69: self = .exception
        case 0x68: self = .continuation
        default: return nil
        }
    }
}
