import SystemCalls
import WasmEngine

/// `random_get`: bytes of the kernel's generator, which never blocks after the machine has started.
///
/// Errors: none but the kernel's own.
enum RandomFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("random_get", [.i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try fill(call.context, memory, values[u32: 0], count: values[u32: 1])
        }
    ]

    /// Fills the whole buffer, in pieces, so that no single system call is longer than a signal can wait.
    static func fill(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ buffer: UInt32, count: UInt32
    ) throws(Preview1Failure) {
        let target = try memory.range(at: buffer, count: count)
        let piece = max(1, context.limits.randomBytesPerPiece)
        var start = 0
        while start < target.count {
            let end = min(start + piece, target.count)
            do throws(SystemCallError) {
                try Randomness.fill(UnsafeMutableRawBufferPointer(rebasing: target[start..<end]))
            } catch { throw Preview1Failure(error) }
            start = end
        }
    }
}
