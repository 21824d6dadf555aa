import CWasmtime

extension Store {
    func checkSame(_ engine: Engine, _ action: String) throws(EngineError) {
        guard engine === self.engine else {
            throw EngineError(.linking, action, "the store and the module belong to different engines")
        }
    }

    /// Turns what the library says about the end of a call into ours; returns when the call returned normally.
    func finish(
        error: OpaquePointer?, trap: OpaquePointer?, _ action: String, otherwise kind: EngineError.Kind
    ) throws(EngineError) {
        let thrown = takeThrown()
        if error == nil, trap == nil { return }
        dropException()
        let (reason, backtrace) = Self.consume(error: error, trap: trap)
        if let thrown { throw end(with: thrown.with(backtrace), action) }
        switch reason {
        case .message(let text) where trap == nil && backtrace.isEmpty: throw EngineError(kind, action, text)
        default: throw end(with: Trap(reason, backtrace: backtrace), action)
        }
    }

    /// An exception that nobody caught stays in the store until it is taken, and would keep its objects alive.
    private func dropException() {
        var exception = wasmtime_gcref_t()
        if wasmtime_context_take_exception(context, &exception) { wasmtime_exnref_unroot(&exception) }
    }

    /// Gives the store up when the call was cut off.
    private func end(with trap: Trap, _ action: String) -> EngineError {
        switch trap.reason {
        case .exit: markDead(trap.message)
        case .code(.interrupted), .code(.outOfFuel), .code(.stackOverflow): markDead(trap.message)
        case .code, .host, .message: break
        }
        return EngineError(trap, during: action)
    }

    private static func consume(
        error: OpaquePointer?, trap: OpaquePointer?
    ) -> (Trap.Reason, [BacktraceFrame]) {
        var frames = wasm_frame_vec_t()
        var reason: Trap.Reason?
        if let trap {
            wasm_trap_trace(trap, &frames)
            let backtrace = BacktraceFrame.consume(&frames)
            var code: UInt8 = 0
            if wasmtime_trap_code(trap, &code) { reason = .code(TrapCode(rawValue: code)) }
            let result = reason ?? .message(text(of: trap))
            wasm_trap_delete(trap)
            if let error { wasmtime_error_delete(error) }
            return (result, backtrace)
        }
        guard let error else { return (.message(""), []) }
        wasmtime_error_wasm_trace(error, &frames)
        let backtrace = BacktraceFrame.consume(&frames)
        var status: Int32 = 0
        if wasmtime_error_exit_status(error, &status) { reason = .exit(status) }
        let text = WasmEngine.consume(error: error)
        return (reason ?? .message(text), backtrace)
    }

    private static func text(of trap: OpaquePointer) -> String {
        var bytes = wasm_byte_vec_t()
        wasm_trap_message(trap, &bytes)
        defer { wasm_byte_vec_delete(&bytes) }
        return String(libraryBytes: bytes)
    }
}
