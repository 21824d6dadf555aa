import HostCapabilities
import SystemCalls
import WasmEngine

/// A path where the guest keeps it: checked to be the guest's memory, not yet copied.
///
/// SAFETY: good until the host function returns, as `GuestMemory.range` is.
struct GuestPath {
    let bytes: UnsafeRawBufferPointer

    /// The path whose pointer and length are the arguments `index` and `index + 1`.
    init(
        _ memory: borrowing GuestMemory, _ values: borrowing RawValues, _ index: Int
    ) throws(Preview1Failure) {
        bytes = UnsafeRawBufferPointer(try memory.range(at: values[u32: index], count: values[u32: index + 1]))
    }

    /// Lends a private, checked copy.
    func use<R>(
        _ context: Preview1Context, _ body: (borrowing SandboxPath) throws(Errno) -> R
    ) throws(Preview1Failure) -> R {
        do throws(Errno) {
            return try SandboxPath.with(bytes, limit: context.limits.pathLength, body)
        } catch { throw Preview1Failure(error) }
    }

    /// Lends copies of two paths.
    func use(
        _ context: Preview1Context, and other: GuestPath,
        _ body: (borrowing SandboxPath, borrowing SandboxPath) throws(Errno) -> Void
    ) throws(Preview1Failure) {
        let limit = context.limits.pathLength
        do throws(Errno) {
            try SandboxPath.with(bytes, limit: limit) { (first) throws(Errno) in
                try SandboxPath.with(other.bytes, limit: limit) { (second) throws(Errno) in try body(first, second) }
            }
        } catch { throw Preview1Failure(error) }
    }
}
