import CWasmtime

/// Where `Caller.memory` looks first.
enum QuickMemory {
    /// Not looked up yet, or several instances: the caller has to be asked.
    case unknown
    case none
    case own(wasmtime_memory_t)
    /// A handle that the store owns.
    case shared(OpaquePointer)

    /// Takes over an export: what isn't a memory is let go.
    init(adopting item: wasmtime_extern_t) {
        switch Int(item.kind) {
        case MARTLET_EXTERN_MEMORY: self = .own(item.of.memory)
        case MARTLET_EXTERN_SHAREDMEMORY: self = .shared(item.of.sharedmemory)
        default:
            var item = item
            wasmtime_extern_delete(&item)
            self = .none
        }
    }
}

extension Store {
    /// A place to point at when there is no memory: never read, because its size is 0.
    private static var nowhere: UnsafeMutableRawPointer {
        // SAFETY: not null, and no byte of it is ever touched.
        UnsafeMutableRawPointer(bitPattern: 1 << 12).unsafelyUnwrapped
    }

    /// The memory that the caller's instance exports, as it stands now.
    func memoryArea(context: OpaquePointer?, caller: OpaquePointer) -> (base: UnsafeMutableRawPointer, size: Int) {
        switch quickMemory {
        case .own(var memory): Self.area(of: &memory, context)
        case .shared(let memory): Self.area(ofShared: memory)
        case .none: (Self.nowhere, 0)
        case .unknown: askCaller(context, caller)
        }
    }

    private func askCaller(
        _ context: OpaquePointer?, _ caller: OpaquePointer
    ) -> (base: UnsafeMutableRawPointer, size: Int) {
        let memory = Self.exportedMemory(of: caller)
        // A shared memory stays where it is as long as the instance lives, so the handle may go.
        defer { if case .shared(let handle) = memory { wasmtime_sharedmemory_delete(handle) } }
        return area(of: memory)
    }

    private static func exportedMemory(of caller: OpaquePointer) -> QuickMemory {
        var item = wasmtime_extern_t()
        guard wasmtime_caller_export_get(caller, "memory", 6, &item) else { return .none }
        return QuickMemory(adopting: item)
    }

    /// Finds the memory that the caller's instance exports; a shared one is a handle that the caller of this owns.
    func locateMemory(caller: OpaquePointer) -> QuickMemory {
        switch quickMemory {
        case .own, .none: quickMemory
        case .shared(let handle): wasmtime_sharedmemory_clone(handle).map(QuickMemory.shared) ?? .none
        case .unknown: Self.exportedMemory(of: caller)
        }
    }

    /// A located memory as it stands now.
    func area(of memory: QuickMemory) -> (base: UnsafeMutableRawPointer, size: Int) {
        switch memory {
        case .own(var memory): Self.area(of: &memory, context)
        case .shared(let handle): Self.area(ofShared: handle)
        case .none, .unknown: (Self.nowhere, 0)
        }
    }

    /// Counts an instance before it is made: from here on its functions may run, so that a second one's start function, or
    /// what a failed one left in a table, asks for the memory of the instance that it belongs to.
    func beginInstance() {
        instanceCount += 1
        if case .shared(let memory) = quickMemory { wasmtime_sharedmemory_delete(memory) }
        quickMemory = .unknown
    }

    /// Remembers the memory of a store's only instance.
    func noteInstance(_ instance: wasmtime_instance_t) {
        guard instanceCount == 1 else { return }
        var item = wasmtime_extern_t()
        let found = withUnsafePointer(to: instance) {
            wasmtime_instance_export_get(context, $0, "memory", 6, &item)
        }
        quickMemory = found ? QuickMemory(adopting: item) : .none
    }

    static func area(
        of memory: UnsafePointer<wasmtime_memory_t>, _ context: OpaquePointer?
    ) -> (base: UnsafeMutableRawPointer, size: Int) {
        guard let base = wasmtime_memory_data(context, memory) else { return (nowhere, 0) }
        return (UnsafeMutableRawPointer(base), wasmtime_memory_data_size(context, memory))
    }

    static func area(ofShared memory: OpaquePointer) -> (base: UnsafeMutableRawPointer, size: Int) {
        guard let base = wasmtime_sharedmemory_data(memory) else { return (nowhere, 0) }
        return (UnsafeMutableRawPointer(base), wasmtime_sharedmemory_data_size(memory))
    }
}
