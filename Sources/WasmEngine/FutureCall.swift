import CWasmtime

/// A call of the library's that can be polled, and everything that has to stay in place until it is deleted.
final class FutureCall {
    private let function: UnsafeMutablePointer<wasmtime_func_t>
    private let arguments: [wasmtime_val_t]
    private let results: UnsafeMutableBufferPointer<wasmtime_val_t>
    private let trap: UnsafeMutablePointer<OpaquePointer?>
    private let error: UnsafeMutablePointer<OpaquePointer?>
    private var future: OpaquePointer?

    init(_ function: wasmtime_func_t, _ arguments: [wasmtime_val_t], resultCount: Int) {
        self.function = .allocate(capacity: 1)
        self.function.initialize(to: function)
        self.arguments = arguments
        results = .allocate(capacity: resultCount)
        results.initialize(repeating: wasmtime_val_t())
        trap = .allocate(capacity: 1)
        trap.initialize(to: nil)
        error = .allocate(capacity: 1)
        error.initialize(to: nil)
    }

    deinit {
        delete()
        function.deallocate()
        results.deallocate()
        trap.deallocate()
        error.deallocate()
    }

    func start(in context: OpaquePointer) {
        future = wasmtime_func_call_async(
            context, function, arguments, arguments.count, results.baseAddress, results.count, trap, error)
    }

    /// True when the call is over.
    func poll() -> Bool {
        guard let future else { return true }
        guard wasmtime_call_future_poll(future) else { return false }
        delete()
        return true
    }

    /// Ends the call, wherever it is.
    func delete() {
        guard let future else { return }
        self.future = nil
        wasmtime_call_future_delete(future)
    }

    /// What the call returned or threw, once it is over.
    func finish(_ function: Function, _ action: String) throws(EngineError) -> [Value] {
        defer {
            trap.pointee = nil
            error.pointee = nil
        }
        try function.store.finish(error: error.pointee, trap: trap.pointee, action, otherwise: .library)
        var values = Array(results)
        return try function.take(&values)
    }
}
