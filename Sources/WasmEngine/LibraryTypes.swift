import CWasmtime

// From the library's descriptions of types to ours and back.

extension String {
    /// A copy of a name, all of whose bytes count.
    init(libraryName bytes: wasm_byte_vec_t) {
        // SAFETY: the library says how many bytes stand at `data`.
        self.init(decoding: UnsafeBufferPointer(start: bytes.data, count: bytes.size), as: UTF8.self)
    }
}

extension ExternType {
    /// Nil for a kind that this version of the library doesn't have.
    init?(library type: OpaquePointer?) {
        guard let type else { return nil }
        switch Int(wasm_externtype_kind(type)) {
        case MARTLET_EXTERNTYPE_FUNC:
            guard let function = FunctionType(library: wasm_externtype_as_functype_const(type)) else { return nil }
            self = .function(function)
        case MARTLET_EXTERNTYPE_TAG:
            guard let tag = wasm_externtype_as_tagtype_const(type),
                let function = FunctionType(library: wasm_tagtype_functype(tag))
            else { return nil }
            self = .tag(function)
        case MARTLET_EXTERNTYPE_GLOBAL:
            guard let global = wasm_externtype_as_globaltype_const(type),
                let content = ValueType(library: wasm_globaltype_content(global))
            else { return nil }
            self = .global(GlobalType(content: content, isMutable: wasm_globaltype_mutability(global) == 1))
        case MARTLET_EXTERNTYPE_TABLE:
            guard let table = wasm_externtype_as_tabletype_const(type),
                case .reference(let element) = ValueType(library: wasm_tabletype_element(table))
            else { return nil }
            // The library can't tell a large table's limits without ending the process: not asked.
            self = .table(TableType(element: element, limits: nil, is64: false))
        case MARTLET_EXTERNTYPE_MEMORY:
            guard let memory = wasm_externtype_as_memorytype_const(type) else { return nil }
            self = .memory(MemoryType(library: memory))
        default: return nil
        }
    }
}

extension MemoryType {
    init(library type: OpaquePointer) {
        var maximum: UInt64 = 0
        let isBounded = wasmtime_memorytype_maximum(type, &maximum)
        let limits = Limits(minimum: wasmtime_memorytype_minimum(type), maximum: isBounded ? maximum : nil)
        self.init(
            limits: limits, is64: wasmtime_memorytype_is64(type), isShared: wasmtime_memorytype_isshared(type))
    }
}

extension FunctionType {
    init?(library type: OpaquePointer?) {
        guard let type, let parameters = [ValueType](library: wasm_functype_params(type)),
            let results = [ValueType](library: wasm_functype_results(type))
        else { return nil }
        self.init(parameters: parameters, results: results)
    }

    /// A description that the library owns until `wasm_functype_delete`; nil when a type can't be named without its module.
    func makeLibraryType() -> OpaquePointer? {
        guard var left = parameters.makeLibraryTypes() else { return nil }
        guard var right = results.makeLibraryTypes() else {
            wasm_valtype_vec_delete(&left)
            return nil
        }
        return wasm_functype_new(&left, &right)
    }
}

extension [ValueType] {
    fileprivate init?(library list: UnsafePointer<wasm_valtype_vec_t>?) {
        guard let list else { return nil }
        self = []
        for index in 0..<list.pointee.size {
            guard let type = ValueType(library: list.pointee.data?[index]) else { return nil }
            append(type)
        }
    }

    fileprivate func makeLibraryTypes() -> wasm_valtype_vec_t? {
        var kinds: [wasmtime_valtype_t] = []
        for type in self {
            guard let kind = type.libraryType else { return nil }
            kinds.append(kind)
        }
        var list = wasm_valtype_vec_t()
        wasm_valtype_vec_new_uninitialized(&list, kinds.count)
        for (index, kind) in kinds.enumerated() {
            // None of these is concrete, so no engine is needed.
            list.data?[index] = withUnsafePointer(to: kind) { wasmtime_valtype_to_wasm(nil, $0) }
        }
        return list
    }
}

extension ValueType {
    init?(library type: OpaquePointer?) {
        guard let type else { return nil }
        var detail = wasmtime_valtype_t()
        wasmtime_valtype_new(type, &detail)
        defer { wasmtime_valtype_delete(&detail) }
        switch Int(detail.kind) {
        case MARTLET_TYPE_I32: self = .i32
        case MARTLET_TYPE_I64: self = .i64
        case MARTLET_TYPE_F32: self = .f32
        case MARTLET_TYPE_F64: self = .f64
        case MARTLET_TYPE_V128: self = .v128
        case MARTLET_TYPE_REFERENCE:
            guard let heap = HeapType(library: detail.reference.heap.kind) else { return nil }
            self = .reference(ReferenceType(nullable: detail.reference.nullable, heap: heap))
        default: return nil
        }
    }

    /// Nil for a type that a module defines.
    var libraryType: wasmtime_valtype_t? {
        var detail = wasmtime_valtype_t()
        switch self {
        case .i32: detail.kind = UInt8(MARTLET_TYPE_I32)
        case .i64: detail.kind = UInt8(MARTLET_TYPE_I64)
        case .f32: detail.kind = UInt8(MARTLET_TYPE_F32)
        case .f64: detail.kind = UInt8(MARTLET_TYPE_F64)
        case .v128: detail.kind = UInt8(MARTLET_TYPE_V128)
        case .reference(let type):
            guard let kind = HeapType.abstractKinds.first(where: { $0.heap == type.heap })?.kind else { return nil }
            detail.kind = UInt8(MARTLET_TYPE_REFERENCE)
            detail.reference.nullable = type.nullable
            detail.reference.heap.kind = kind
        }
        return detail
    }
}

extension HeapType {
    init?(library kind: UInt8) {
        switch Int(kind) {
        case MARTLET_HEAP_CONCRETE_FUNC, MARTLET_HEAP_CONCRETE_ARRAY,
            MARTLET_HEAP_CONCRETE_STRUCT, MARTLET_HEAP_CONCRETE_EXN:
            self = .defined(nil)
        default:
            guard let heap = Self.abstractKinds.first(where: { $0.kind == kind })?.heap else { return nil }
            self = heap
        }
    }

    /// The heap types that need no module, each with the library's number.
    static let abstractKinds: [AbstractKind] = [
        AbstractKind(.extern, MARTLET_HEAP_EXTERN), AbstractKind(.noExtern, MARTLET_HEAP_NOEXTERN),
        AbstractKind(.function, MARTLET_HEAP_FUNC), AbstractKind(.noFunction, MARTLET_HEAP_NOFUNC),
        AbstractKind(.any, MARTLET_HEAP_ANY), AbstractKind(.none, MARTLET_HEAP_NONE),
        AbstractKind(.eq, MARTLET_HEAP_EQ), AbstractKind(.i31, MARTLET_HEAP_I31),
        AbstractKind(.array, MARTLET_HEAP_ARRAY), AbstractKind(.structure, MARTLET_HEAP_STRUCT),
        AbstractKind(.exception, MARTLET_HEAP_EXN), AbstractKind(.noException, MARTLET_HEAP_NOEXN),
    ]

    struct AbstractKind {
        let heap: HeapType
        let kind: UInt8

        init(_ heap: HeapType, _ kind: Int) {
            self.heap = heap
            self.kind = UInt8(kind)
        }
    }
}
