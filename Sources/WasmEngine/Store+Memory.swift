import CWasmtime

/// Where `Caller.memory` looks first.
enum QuickMemory {
    /// Not looked up yet, or several instances: the caller has to be asked.
    case unknown
    case none
    case own(wasmtime_memory_t)
    /// A handle that the store owns.
    case shared(OpaquePointer)
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
        var item = wasmtime_extern_t()
        guard wasmtime_caller_export_get(caller, "memory", 6, &item) else { return (Self.nowhere, 0) }
        defer { wasmtime_extern_delete(&item) }
        switch Int(item.kind) {
        case MARTLET_EXTERN_MEMORY: return Self.area(of: &item.of.memory, context)
        // A shared memory stays where it is as long as the instance lives, so the handle may go.
        case MARTLET_EXTERN_SHAREDMEMORY: return Self.area(ofShared: item.of.sharedmemory)
        default: return (Self.nowhere, 0)
        }
    }

    /// Remembers the first instance's memory; forgets it when there is a second instance.
    func noteInstance(_ instance: wasmtime_instance_t) {
        instanceCount += 1
        if case .shared(let memory) = quickMemory { wasmtime_sharedmemory_delete(memory) }
        quickMemory = .unknown
        guard instanceCount == 1 else { return }
        var item = wasmtime_extern_t()
        guard withUnsafePointer(to: instance, { wasmtime_instance_export_get(context, $0, "memory", 6, &item) }) else {
            quickMemory = .none
            return
        }
        switch Int(item.kind) {
        case MARTLET_EXTERN_MEMORY: quickMemory = .own(item.of.memory)
        case MARTLET_EXTERN_SHAREDMEMORY: quickMemory = .shared(item.of.sharedmemory)
        default:
            wasmtime_extern_delete(&item)
            quickMemory = .none
        }
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
