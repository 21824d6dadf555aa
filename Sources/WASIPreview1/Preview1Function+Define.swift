import WasmEngine

extension Preview1Function {
    /// Offers the function to modules of a dialect.
    func define(in linker: Linker, _ call: Preview1Call) throws(EngineError) {
        let body = body
        let returnsErrno = returnsErrno
        try linker.define(
            call.dialect.moduleName, name, parameters: parameters, results: returnsErrno ? [.i32] : []
        ) { (caller, values) throws(Trap) in
            let errno = try Self.run(body, call, caller.memory, values)
            if returnsErrno { values[u32: 0] = UInt32(errno.rawValue) }
        }
    }

    private static func run(
        _ body: Body, _ call: Preview1Call, _ memory: borrowing GuestMemory, _ values: borrowing RawValues
    ) throws(Trap) -> Preview1Errno {
        do throws(Preview1Failure) {
            try body(call, memory, values)
            return .success
        } catch {
            switch error {
            case .errno(let errno): return errno
            case .trap(let trap): throw trap
            }
        }
    }
}
