public import CWasmtime

/// The arguments of one host call, and where its results go: argument i stands at i, and result i is written over it.
///
/// The declared types decide what a slot holds; nothing else says so. An index outside of the declared ones reads zero and
/// writes nothing, and stops a debug build.
public struct RawValues: ~Escapable {
    @usableFromInline let slots: UnsafeMutablePointer<wasmtime_val_raw_t>
    /// The larger of the counts of parameters and results.
    public let count: Int

    // SAFETY: the library lends `count` slots of 16 bytes for the length of one call; the lifetime keeps the view inside.
    @_lifetime(borrow slots)
    @usableFromInline
    init(slots: UnsafeMutablePointer<wasmtime_val_raw_t>, count: Int) {
        self.slots = slots
        self.count = count
    }

    @inlinable
    public subscript(i32 index: Int) -> Int32 {
        get { Int32(truncatingIfNeeded: bits(index)) }
        // Sign-extended, as the library does it, so that the slot's whole lower half is defined.
        nonmutating set { setBits(index, UInt64(bitPattern: Int64(newValue))) }
    }

    @inlinable
    public subscript(u32 index: Int) -> UInt32 {
        get { UInt32(truncatingIfNeeded: bits(index)) }
        nonmutating set { setBits(index, UInt64(newValue)) }
    }

    @inlinable
    public subscript(i64 index: Int) -> Int64 {
        get { Int64(bitPattern: bits(index)) }
        nonmutating set { setBits(index, UInt64(bitPattern: newValue)) }
    }

    @inlinable
    public subscript(u64 index: Int) -> UInt64 {
        get { bits(index) }
        nonmutating set { setBits(index, newValue) }
    }

    @inlinable
    public subscript(f32 index: Int) -> Float {
        get { Float(bitPattern: UInt32(truncatingIfNeeded: bits(index))) }
        nonmutating set { setBits(index, UInt64(newValue.bitPattern)) }
    }

    @inlinable
    public subscript(f64 index: Int) -> Double {
        get { Double(bitPattern: bits(index)) }
        nonmutating set { setBits(index, newValue.bitPattern) }
    }

    @inlinable
    func bits(_ index: Int) -> UInt64 {
        assert(index >= 0 && index < count)
        guard index >= 0, index < count else { return 0 }
        return slots[index].v128.low
    }

    @inlinable
    func setBits(_ index: Int, _ bits: UInt64) {
        assert(index >= 0 && index < count)
        guard index >= 0, index < count else { return }
        slots[index].v128.low = bits
    }
}
