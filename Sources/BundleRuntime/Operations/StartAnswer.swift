import ContainerLifecycle
import SystemCalls

/// What a container's first process answers when it is told to start.
enum StartAnswer {
    /// Waits for it: the guest begins, or the program was executed, which closes the connection.
    ///
    /// - Throws: its own words when it couldn't.
    static func wait(on connection: Int32, warn: (String) -> Void) throws(RuntimeFailure) {
        var isExecuting = false
        while true {
            let bytes: [UInt8]
            do throws(SystemCallError) {
                bytes = try InitChannel.receive(connection)
            } catch { throw RuntimeFailure(.system, "starting: \(error)") }
            switch InitMessage(bytes) {
            case .warning(let text): warn(text)
            case .executing: isExecuting = true
            case .failed(let failure): throw failure
            default:
                switch StartListener.Answer(bytes) {
                case .started: return
                case .failed(let reason): throw RuntimeFailure(.refused, reason)
                case .ended:
                    if isExecuting { return }
                    throw RuntimeFailure(.system, "the container's process ended before its program began")
                }
            }
        }
    }
}
