import CWasmtime

/// Owns a suspending body for as long as any linker or store may call it.
final class SuspendingFunction: Sendable {
    let body: SuspendingFunctionBody
    let type: FunctionType

    init(_ body: @escaping SuspendingFunctionBody, type: FunctionType) {
        self.body = body
        self.type = type
    }

    /// What the library calls on the fiber's stack. Every path sets the continuation: the library ends the process without.
    static let trampoline: wasmtime_func_async_callback_t = {
        environment, caller, arguments, argumentCount, results, resultCount, trap, continuation in
        // SAFETY: the library passes what `defineSuspending` gave it; arguments, results and trap stay in place until the
        // continuation returned true.
        continuation?.pointee = wasmtime_async_continuation_t(callback: { _ in true }, env: nil, finalizer: nil)
        guard let environment, let caller, let trap else { return }
        let function = Unmanaged<SuspendingFunction>.fromOpaque(environment).takeUnretainedValue()
        let call = PendingCall(
            of: function, by: caller, arguments: UnsafeBufferPointer(start: arguments, count: argumentCount),
            results: UnsafeMutableBufferPointer(start: results, count: resultCount), trap: trap)
        guard call.begin(function, caller) == false else { return }
        continuation?.pointee = wasmtime_async_continuation_t(
            callback: PendingCall.poll, env: Unmanaged.passRetained(call).toOpaque(), finalizer: PendingCall.finalizer)
    }

    static let finalizer: @convention(c) (UnsafeMutableRawPointer?) -> Void = { environment in
        if let environment { Unmanaged<SuspendingFunction>.fromOpaque(environment).release() }
    }
}
