import SystemCalls
import WasmEngine

/// Why a preview-1 function didn't succeed: an error number for the guest, or the end of the guest.
public enum Preview1Failure: Error {
    /// The function returns this number.
    case errno(Preview1Errno)
    /// The guest ends: with an exit code (`proc_exit`), or because it named memory that it doesn't have.
    case trap(Trap)
}

extension Preview1Failure {
    /// What the kernel said.
    init(_ errno: Errno) { self = .errno(Preview1Errno(errno)) }

    /// A call of the host's own that failed, as its number.
    init(_ error: SystemCallError) { self.init(error.errno) }
}

extension Preview1Failure: GuestMemoryFaultConvertible {
    /// A trap and not `fault`: the witx documentation asks for it, and wasmtime does the same.
    public init(_ fault: GuestMemoryFault) { self = .trap(Trap(fault)) }
}

/// Runs calls of the capability layer; their number becomes the guest's.
@inline(__always)
func guestErrno<R>(_ body: () throws(Errno) -> R) throws(Preview1Failure) -> R {
    do throws(Errno) { return try body() } catch { throw Preview1Failure(error) }
}
