/// The type of one WebAssembly value (core specification, 2.3.1 to 2.3.5).
public enum ValueType: Hashable, Sendable {
    case i32, i64, f32, f64, v128
    case reference(ReferenceType)

    /// `externref`.
    public static let externReference = ValueType.reference(ReferenceType(nullable: true, heap: .extern))
}

/// The type of a reference: to what, and whether it may be null.
public struct ReferenceType: Hashable, Sendable {
    public var nullable: Bool
    public var heap: HeapType

    public init(nullable: Bool, heap: HeapType) {
        self.nullable = nullable
        self.heap = heap
    }
}

/// What a reference refers to.
public enum HeapType: Hashable, Sendable {
    case extern, noExtern, function, noFunction, any, none, eq, i31, array, structure, exception, noException
    case continuation, noContinuation
    /// A type that the module defines; nil when its index isn't known.
    case defined(UInt32?)
}

extension ValueType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .i32: "i32"
        case .i64: "i64"
        case .f32: "f32"
        case .f64: "f64"
        case .v128: "v128"
        case .reference(let type): type.description
        }
    }
}

extension ReferenceType: CustomStringConvertible {
    /// As the text format has it: `funcref`, `(ref null 3)`, `(ref any)`.
    public var description: String {
        if nullable, let short = heap.nullableReferenceName { return short }
        return nullable ? "(ref null \(heap))" : "(ref \(heap))"
    }
}

extension HeapType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .extern: "extern"
        case .noExtern: "noextern"
        case .function: "func"
        case .noFunction: "nofunc"
        case .any: "any"
        case .none: "none"
        case .eq: "eq"
        case .i31: "i31"
        case .array: "array"
        case .structure: "struct"
        case .exception: "exn"
        case .noException: "noexn"
        case .continuation: "cont"
        case .noContinuation: "nocont"
        case .defined(let index): index.map(String.init) ?? "type"
        }
    }

    /// The text format's abbreviation of a nullable reference to this.
    var nullableReferenceName: String? {
        switch self {
        case .extern: "externref"
        case .noExtern: "nullexternref"
        case .function: "funcref"
        case .noFunction: "nullfuncref"
        case .any: "anyref"
        case .none: "nullref"
        case .eq: "eqref"
        case .i31: "i31ref"
        case .array: "arrayref"
        case .structure: "structref"
        case .exception: "exnref"
        case .noException: "nullexnref"
        case .continuation: "contref"
        case .noContinuation: "nullcontref"
        case .defined: nil
        }
    }
}
