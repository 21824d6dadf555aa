import CWasmtime

/// A value that goes into or comes out of an exported function.
public enum Value: Hashable, Sendable {
    case i32(Int32)
    case i64(Int64)
    case f32(Float)
    case f64(Double)
    case v128(low: UInt64, high: UInt64)
    /// A reference: only whether it is null can be seen, and only null can be passed.
    case reference(ReferenceKind, isNull: Bool)

    public enum ReferenceKind: Hashable, Sendable {
        case function, extern, any, exception
    }
}

extension Value {
    /// Nil for a kind that this version of the library doesn't have.
    init?(library value: wasmtime_val_t) {
        switch Int(value.kind) {
        case MARTLET_VALUE_I32: self = .i32(value.of.i32)
        case MARTLET_VALUE_I64: self = .i64(value.of.i64)
        case MARTLET_VALUE_F32: self = .f32(value.of.f32)
        case MARTLET_VALUE_F64: self = .f64(value.of.f64)
        case MARTLET_VALUE_V128: self = .v128(low: value.of.v128.low, high: value.of.v128.high)
        case MARTLET_VALUE_FUNCREF: self = .reference(.function, isNull: value.of.funcref.store_id == 0)
        case MARTLET_VALUE_EXTERNREF: self = .reference(.extern, isNull: value.of.gcref.store_id == 0)
        case MARTLET_VALUE_ANYREF: self = .reference(.any, isNull: value.of.gcref.store_id == 0)
        case MARTLET_VALUE_EXNREF: self = .reference(.exception, isNull: value.of.gcref.store_id == 0)
        default: return nil
        }
    }

    /// Nil for a reference that isn't null.
    var library: wasmtime_val_t? {
        var value = wasmtime_val_t()
        switch self {
        case .i32(let number):
            value.kind = UInt8(MARTLET_VALUE_I32)
            value.of.i32 = number
        case .i64(let number):
            value.kind = UInt8(MARTLET_VALUE_I64)
            value.of.i64 = number
        case .f32(let number):
            value.kind = UInt8(MARTLET_VALUE_F32)
            value.of.f32 = number
        case .f64(let number):
            value.kind = UInt8(MARTLET_VALUE_F64)
            value.of.f64 = number
        case .v128(let low, let high):
            value.kind = UInt8(MARTLET_VALUE_V128)
            value.of.v128 = wasmtime_v128_t(low: low, high: high)
        case .reference(_, isNull: false): return nil
        case .reference(let kind, isNull: true): value.kind = kind.libraryKind
        }
        return value
    }
}

extension Value.ReferenceKind {
    var libraryKind: UInt8 {
        switch self {
        case .function: UInt8(MARTLET_VALUE_FUNCREF)
        case .extern: UInt8(MARTLET_VALUE_EXTERNREF)
        case .any: UInt8(MARTLET_VALUE_ANYREF)
        case .exception: UInt8(MARTLET_VALUE_EXNREF)
        }
    }
}
