import OCISpec
import SystemCalls

/// sd_notify(3) for a container: it gets a socket of its own, and its word that it is ready is passed on to the service manager
/// that waits for ours at `NOTIFY_SOCKET`. Where and how is runc's (`notify_socket.go`).
///
/// Nothing else is passed on: of its processes, its watchdog and its descriptors the manager has another view. A guest has no
/// sockets of this kind; it is ready when it begins.
final class NotifySocket {
    private let socket: OwnedDescriptor

    static let variable = "NOTIFY_SOCKET"
    /// Of the container's directory; its being there means that the container's maker was waited for.
    static let folder = "notify"
    private static let file = "notify.sock"
    private static let placeInContainer = "/run/notify"

    private static let ready = "READY=1"
    /// The longest message that is looked at; systemd takes 4096 bytes.
    private static let messageLimit = 4096
    /// Milliseconds that the manager may take for a message, and nanoseconds for all that came before.
    private static let patience: UInt32 = 5000
    private static let barrierPatience: UInt64 = 30_000_000_000

    /// The service manager's socket; nil when nobody waits.
    static var manager: String? {
        guard let name = Environment.value(variable), !name.isEmpty else { return nil }
        return name
    }

    /// Gives the container the socket, unless its configuration has one, or the mount would be the host's.
    static func offer(_ configuration: inout RuntimeConfiguration, folder: String) {
        guard let process = configuration.process, let namespace = configuration.linux.namespace(.mount),
            namespace.path == nil, !process.environment.contains(where: { $0.hasPrefix("\(variable)=") })
        else { return }
        configuration.mounts.append(
            RuntimeMount(
                destination: placeInContainer, source: folder, type: "bind",
                options: ["bind", "nosuid", "noexec", "nodev", "ro"]))
        configuration.process?.environment.append("\(variable)=\(placeInContainer)/\(file)")
    }

    /// Every user of the container may go through it.
    static func makeFolder(in directory: borrowing ContainerDirectory) throws(RuntimeFailure) {
        let mask = Confinement.setFileModeMask(0)
        defer { Confinement.setFileModeMask(mask) }
        do throws(SystemCallError) {
            try Files.makeDirectory(folder, in: directory.rawValue, mode: 0o755)
        } catch { throw RuntimeFailure(.system, "\(variable): \(error)") }
    }

    /// Whether the maker of this container was waited for, and so are we.
    static func isAwaited(_ directory: borrowing ContainerDirectory) -> Bool {
        manager != nil && (try? FileStatus.of(folder, in: directory.rawValue)) != nil
    }

    /// The container's socket, before the container is started.
    init(_ directory: borrowing ContainerDirectory) throws(RuntimeFailure) {
        let mask = Confinement.setFileModeMask(0)
        defer { Confinement.setFileModeMask(mask) }
        do throws(SystemCallError) {
            // Of a start that was cut off.
            try? Files.unlink("\(Self.folder)/\(Self.file)", in: directory.rawValue)
            socket = try DatagramSockets.bind(at: directory.path(of: "\(Self.folder)/\(Self.file)"))
        } catch { throw RuntimeFailure(.system, "\(Self.variable): \(error)") }
    }

    var rawValue: Int32 { socket.rawValue }

    /// Reads one message.
    ///
    /// - Returns: whether it says that the container is ready.
    func hearsReadiness() -> Bool {
        guard let message = try? LocalSockets.receive(rawValue, limit: Self.messageLimit) else { return false }
        return message.bytes.split(separator: UInt8(ascii: "\n")).contains { $0.elementsEqual(Self.ready.utf8) }
    }

    /// Waits until the container is ready, or has ended, and passes it on.
    func awaitReadiness(of process: borrowing OwnedDescriptor, number: Int32) throws(SystemCallError) {
        var requests = [PollRequest(rawValue, .readable), PollRequest(process.rawValue, .readable)]
        while true {
            _ = try Poll.wait(&requests, timeout: nil)
            if !requests[0].found.isEmpty, hearsReadiness() { return try Self.tell(mainProcess: number) }
            if !requests[1].found.isEmpty { return }
        }
    }

    /// Tells the manager that the container is ready.
    ///
    /// - Parameter mainProcess: what the manager looks after from now on in place of this process, which is about to end; nil
    ///   when it goes on.
    static func tell(mainProcess: Int32?) throws(SystemCallError) {
        guard let manager else { return }
        let socket = try DatagramSockets.connect(to: manager, milliseconds: patience)
        try LocalSockets.send(socket.rawValue, Array(ready.utf8))
        guard let mainProcess else { return }
        try LocalSockets.send(socket.rawValue, Array("MAINPID=\(mainProcess)".utf8))
        // It finds out who sent it, which it can't any more when we have ended: systemd closes our pipe when it has done so.
        let pipe = try barrier(socket)
        var requests = [PollRequest(pipe.rawValue, .readable)]
        _ = try Poll.wait(&requests, timeout: barrierPatience)
    }

    /// sd_notify_barrier(3).
    private static func barrier(_ socket: borrowing OwnedDescriptor) throws(SystemCallError) -> OwnedDescriptor {
        let pipe = try Descriptors.pipe()
        try LocalSockets.send(
            socket.rawValue, Array("BARRIER=1".utf8), descriptors: [pipe.write.rawValue])
        return pipe.keepRead()
    }
}
