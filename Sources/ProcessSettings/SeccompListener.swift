import FieldErrors
import JSON
import OCISpec
import SystemCalls

/// Where the listener of `SCMP_ACT_NOTIFY` goes: a connection of its own, and what is said with the descriptor.
public struct SeccompListener: ~Copyable {
    let connection: OwnedDescriptor
    let message: [UInt8]

    /// Gives the connection to the next execve(2), which closes it: close(2) may be what a filter forbids.
    consuming func release() -> (socket: Int32, message: [UInt8]) {
        let message = message
        return (connection.release(), message)
    }

    /// - Parameters:
    ///   - connection: to the socket at `linux.seccomp.listenerPath`; see `connect`.
    ///   - message: the container process state; see `message(…)`.
    public init(connection: consuming OwnedDescriptor, message: [UInt8]) {
        self.connection = connection
        self.message = message
    }

    /// Connects to `linux.seccomp.listenerPath`, a path of the host: to be called outside of the container, soon before the
    /// process starts, since whoever listens waits for the message.
    public static func connect(_ seccomp: LinuxSeccomp) throws(FieldError) -> OwnedDescriptor {
        try asking("linux.seccomp.listenerPath") { () throws(SystemCallError) in
            try LocalSockets.connect(to: seccomp.listenerPath ?? "")
        }
    }

    /// The container process state. Runtime specification, config-linux.md, "The Container Process State".
    ///
    /// - Parameters:
    ///   - process: the id of the process that gets the filter, as the runtime sees it.
    ///   - state: the container's, as `state` prints it.
    public static func message(
        version: String, process: Int32, metadata: String?, state: JSONValue
    ) -> [UInt8] {
        var members: [JSONObject.Member] = [
            .init(key: "ociVersion", value: .string(version)), .init(key: "fds", value: ["seccompFd"]),
            .init(key: "pid", value: .integer(Int64(process))),
        ]
        if let metadata { members.append(.init(key: "metadata", value: .string(metadata))) }
        members.append(.init(key: "state", value: state))
        return JSONValue.object(JSONObject(members)).bytes()
    }
}
