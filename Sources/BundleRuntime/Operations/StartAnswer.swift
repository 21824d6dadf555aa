import ContainerLifecycle
import SystemCalls

/// What a container's first process answers when it is told to start.
enum StartAnswer {
    /// Waits for it: the guest begins, or the program was executed, which closes the connection.
    ///
    /// - Throws: its own words when it couldn't.
    static func wait(on connection: Int32, warn: (String) -> Void) throws(RuntimeFailure) {
        while true {
            let bytes: [UInt8]
            do throws(SystemCallError) {
                bytes = try LocalSockets.receive(connection, limit: InitChannel.messageLimit).bytes
            } catch { throw RuntimeFailure(.system, "starting: \(error)") }
            switch InitMessage(bytes) {
            case .warning(let text): warn(text)
            case .failed(let failure): throw failure
            default:
                if case .failed(let reason) = StartListener.Answer(bytes) { throw RuntimeFailure(.refused, reason) }
                return
            }
        }
    }
}
