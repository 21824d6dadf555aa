import ContainerLifecycle
import SystemCalls

/// The socket of `--pidfd-socket`: whoever listens there gets a descriptor that means the new process, whatever becomes of
/// its number.
final class PidfdSocket {
    /// What is sent beside the descriptor, as runc has it (`setupPidfd` of its libcontainer).
    enum Kind: String {
        case first = "standard"
        case another = "setns"
    }

    private let connection: OwnedDescriptor

    /// nil when nobody asked for it. Errors: nobody listens there; nothing has been made by then.
    init?(_ path: String?) throws(RuntimeFailure) {
        guard let path else { return nil }
        do throws(SystemCallError) { connection = try LocalSockets.connect(toLongPath: path) } catch {
            throw RuntimeFailure(.refused, "--pidfd-socket: \(error)")
        }
    }

    func send(_ process: borrowing ChildProcess, _ kind: Kind) throws(RuntimeFailure) {
        do throws(SystemCallError) {
            try LocalSockets.send(
                connection.rawValue, Array(kind.rawValue.utf8), descriptors: [process.descriptor.rawValue])
        } catch { throw RuntimeFailure(.system, "--pidfd-socket: \(error)") }
    }
}
