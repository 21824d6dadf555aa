import CWasmtime

extension Linker {
    /// Gives a function that may suspend its caller's fiber. Instances that are linked with one run in fibers only.
    ///
    /// The body starts the work. When the work is over at once it writes its results and returns nil; otherwise it returns
    /// what has to be asked at each resume. Only numbers and vectors can be passed.
    public func defineSuspending(
        _ module: String, _ name: String, parameters: [ValueType], results: [ValueType],
        _ body: @escaping SuspendingFunctionBody
    ) throws(EngineError) {
        let isNumeric = (parameters + results).allSatisfy { type in
            if case .reference = type { false } else { true }
        }
        guard isNumeric else {
            throw EngineError(.linking, "define \(module).\(name)", "a suspending function passes no references")
        }
        let type = FunctionType(parameters: parameters, results: results)
        let environment = Unmanaged.passRetained(SuspendingFunction(body, type: type)).toOpaque()
        try withLibraryType(type, module, name) { type, module, moduleCount, name, nameCount in
            wasmtime_linker_define_async_func(
                handle, module, moduleCount, name, nameCount, type, SuspendingFunction.trampoline, environment,
                SuspendingFunction.finalizer)
        } onBadType: {
            SuspendingFunction.finalizer(environment)
        }
        suspends = true
    }
}
