import HostCapabilities
import SystemCalls

/// A socket in the descriptor table.
public typealias SocketEntry = Socket

extension SocketEntry {
    /// What `fd_fdstat_get` shows.
    var fileType: Preview1FileType { kind == .stream ? .socketStream : .socketDatagram }
}

extension SocketFailure {
    /// As a preview-1 function reports it: a refusal of the policy is `acces`.
    var preview1: Preview1Failure { Preview1Failure(errno) }
}

/// Runs calls of the socket capability; their failure becomes the guest's.
@inline(__always)
func guestSocketErrno<R>(_ body: () throws(SocketFailure) -> R) throws(Preview1Failure) -> R {
    do throws(SocketFailure) { return try body() } catch { throw error.preview1 }
}
