import CWasmtime

/// A function of an instance.
public struct Function {
    public let name: String
    public let type: FunctionType
    public let store: Store
    let handle: wasmtime_func_t

    /// More results than this are refused: their places are made before the call.
    static let resultLimit = 1_000

    /// Calls the function and waits for its end, on this thread's stack.
    ///
    /// In a store whose instances have functions that suspend it runs in a fiber, and suspending in it is an error.
    public func call(_ arguments: [Value] = []) throws(EngineError) -> [Value] {
        let action = "call \(name)"
        try store.checkAlive(action)
        try store.fibers.checkIdle(action)
        let values = try libraryArguments(arguments)
        if store.fibers.areRequired { return try callInFiber(values, action) }
        var results = [wasmtime_val_t](repeating: wasmtime_val_t(), count: type.results.count)
        var trap: OpaquePointer?
        store.fibers.running += 1
        let error = withUnsafePointer(to: handle) { function in
            wasmtime_func_call(store.context, function, values, values.count, &results, results.count, &trap)
        }
        store.fibers.running -= 1
        try store.finish(error: error, trap: trap, action, otherwise: .library)
        return try take(&results)
    }

    private func callInFiber(_ arguments: [wasmtime_val_t], _ action: String) throws(EngineError) -> [Value] {
        let call = FutureCall(handle, arguments, resultCount: type.results.count)
        call.start(in: store.context)
        store.fibers.live += 1
        store.fibers.running += 1
        let isOver = call.poll()
        store.fibers.running -= 1
        store.fibers.live -= 1
        guard isOver else {
            call.delete()
            store.markDead("\(name) was suspended outside of a fiber")
            throw EngineError(.storeUnusable, action, "it waits for something, which only a fiber can do")
        }
        return try call.finish(self, action)
    }

    /// Calls with arguments as a person writes them.
    public func call(parsing arguments: [String]) throws(EngineError) -> [Value] {
        try call(try parse(arguments))
    }

    /// Reads arguments by the function's type.
    public func parse(_ arguments: [String]) throws(EngineError) -> [Value] {
        try checkCount(arguments.count)
        var values: [Value] = []
        for (text, type) in zip(arguments, type.parameters) { values.append(try Value.parse(text, as: type)) }
        return values
    }

    private func checkCount(_ count: Int) throws(EngineError) {
        guard count == type.parameters.count else {
            let reason = "it takes \(type.parameters.count) arguments \(type), not \(count)"
            throw EngineError(.arguments, "call \(name)", reason)
        }
        guard type.results.count <= Self.resultLimit else {
            throw EngineError(.limit, "call \(name)", "more than \(Self.resultLimit) results")
        }
    }

    func libraryArguments(_ arguments: [Value]) throws(EngineError) -> [wasmtime_val_t] {
        try checkCount(arguments.count)
        var values: [wasmtime_val_t] = []
        for (index, argument) in arguments.enumerated() {
            guard let value = argument.library, argument.fits(type.parameters[index]) else {
                let reason = "argument \(index + 1) is \(argument), the type is \(type)"
                throw EngineError(.arguments, "call \(name)", reason)
            }
            values.append(value)
        }
        return values
    }

    /// Copies results out and lets the library's references go.
    func take(_ results: inout [wasmtime_val_t]) throws(EngineError) -> [Value] {
        var values: [Value] = []
        for index in results.indices {
            guard let value = Value(library: results[index]) else {
                throw EngineError(.library, "call \(name)", "a result of an unknown kind, \(results[index].kind)")
            }
            values.append(value)
            wasmtime_val_unroot(&results[index])
        }
        return values
    }
}

extension Value {
    func fits(_ type: ValueType) -> Bool {
        switch (self, type) {
        case (.i32, .i32), (.i64, .i64), (.f32, .f32), (.f64, .f64), (.v128, .v128): true
        // The library checks which hierarchy a null belongs to.
        case (.reference(_, isNull: true), .reference(let reference)): reference.nullable
        default: false
        }
    }
}
