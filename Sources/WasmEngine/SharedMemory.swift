import CWasmtime

/// A linear memory that several threads of a guest use, each from a store of its own.
public final class SharedMemory: Sendable {
    public let type: MemoryType

    // SAFETY: the library's shared memory may be used from all threads at once; only this object deletes its handle.
    nonisolated(unsafe) let handle: OpaquePointer

    /// Makes a memory for an import of the given type.
    ///
    /// A maximum above `limits.memoryBytes` is lowered to it, which an import of the larger type accepts; a minimum above it
    /// is refused. Growth of a shared memory isn't seen by a store's limits: this is where it is bounded.
    public init(_ engine: Engine, for type: MemoryType, limits: StoreLimits) throws(EngineError) {
        let action = "make a shared memory of \(type.limits) pages"
        guard type.isShared, let declared = type.limits.maximum else {
            throw EngineError(.linking, action, "a shared memory declares a maximum")
        }
        let pages = limits.memoryBytes.map { $0 / 65_536 } ?? declared
        guard type.limits.minimum <= pages else {
            throw EngineError(.limit, action, "at most \(pages) pages are allowed")
        }
        let maximum = min(declared, pages)
        var description: OpaquePointer?
        let typeError = wasmtime_memorytype_new(
            type.limits.minimum, true, maximum, type.is64, true, 16, &description)
        if let typeError { throw EngineError(.linking, action, consume(error: typeError)) }
        defer { wasm_memorytype_delete(description) }
        var memory: OpaquePointer?
        if let error = wasmtime_sharedmemory_new(engine.handle, description, &memory) {
            throw EngineError(.limit, action, consume(error: error))
        }
        guard let memory else { throw EngineError(.library, action, "the engine gave nothing") }
        handle = memory
        self.type = MemoryType(
            limits: Limits(minimum: type.limits.minimum, maximum: maximum), is64: type.is64, isShared: true)
    }

    deinit { wasmtime_sharedmemory_delete(handle) }

    /// Bytes, at this moment.
    public var size: UInt64 { UInt64(wasmtime_sharedmemory_data_size(handle)) }

    /// Lends the memory as it stands now.
    public func withMemory<Result>(_ body: (GuestMemory) -> Result) -> Result {
        let area = Store.area(ofShared: handle)
        return body(GuestMemory(borrowing: area.base, size: area.size))
    }
}
