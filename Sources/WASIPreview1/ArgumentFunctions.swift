import WasmEngine

/// `args_*` and `environ_*`: what the guest was started with.
///
/// Errors: none; a pointer outside of the guest's memory traps before anything is written.
enum ArgumentFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("args_get", [.i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try call.context.arguments.write(memory, pointers: values[u32: 0], buffer: values[u32: 1])
        },
        Preview1Function("args_sizes_get", [.i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try call.context.arguments.writeSizes(memory, count: values[u32: 0], size: values[u32: 1])
        },
        Preview1Function("environ_get", [.i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try call.context.environment.write(memory, pointers: values[u32: 0], buffer: values[u32: 1])
        },
        Preview1Function("environ_sizes_get", [.i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try call.context.environment.writeSizes(memory, count: values[u32: 0], size: values[u32: 1])
        },
    ]
}
