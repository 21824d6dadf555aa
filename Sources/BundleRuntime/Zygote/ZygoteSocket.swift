import ContainerLifecycle
import SystemCalls

/// The socket on which a zygote is found: made at a path, or handed over by systemd.
public struct ZygoteSocket: ~Copyable {
    private let listener: OwnedDescriptor
    /// To be removed when the server ended; nil for a socket that isn't ours.
    public let path: String?

    private static let backlog: Int32 = 128

    /// Where `run` looks for one: beside the state of what runs (`Launcher` finds the same).
    public static var defaultPath: String { "\(StateDirectory.defaultPath)/zygote.sock" }

    /// The socket of systemd's socket activation, when there is one: descriptor 3, for this very process.
    public static func handedOver() throws(RuntimeFailure) -> ZygoteSocket? {
        guard let process = Environment.value("LISTEN_PID"), Int32(process) == Processes.current else { return nil }
        let count = Environment.value("LISTEN_FDS")
        // Whom we fork must not take them for theirs.
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { try? Environment.set(name, to: nil) }
        guard count == "1", PacketSockets.isListening(3) else {
            throw RuntimeFailure(.refused, "zygote: LISTEN_FDS has to be one listening socket of sequential packets")
        }
        do throws(SystemCallError) {
            try Descriptors.setCloseOnExec(3, true)
            try Descriptors.setStatusFlags(3, try Descriptors.statusFlags(3) | OpenFlags.nonBlocking.rawValue)
            try PacketSockets.listenAgain(3, backlog: backlog)
        } catch { throw RuntimeFailure(.system, "zygote: \(error)") }
        return ZygoteSocket(listener: OwnedDescriptor(adopting: 3), path: nil)
    }

    /// A socket at a path, mode 0600, in a directory that is ours and nobody else's (made when it is missing).
    ///
    /// A socket that nobody listens on any more is replaced; one that somebody listens on is an error.
    public static func make(at path: String) throws(RuntimeFailure) -> ZygoteSocket {
        guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/") else {
            throw RuntimeFailure(.refused, "zygote: \(path.printable()): write an absolute path for the socket")
        }
        let folder = path[..<slash]
        let name = String(path[path.index(after: slash)...])
        guard !folder.isEmpty, !name.isEmpty, name != ".", name != ".." else {
            throw RuntimeFailure(.refused, "zygote: \(path.printable()): the socket needs a directory of its own")
        }
        do throws(LifecycleError) {
            let directory = try StateDirectory.openTrusted(String(folder))
            let short = "/proc/self/fd/\(directory.rawValue)/\(name)"
            return ZygoteSocket(listener: try listen(at: short, path), path: path)
        } catch { throw RuntimeFailure(.system, "zygote: \(error)") }
    }

    private static func listen(at short: String, _ path: String) throws(LifecycleError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            do throws(SystemCallError) { return try PacketSockets.listen(at: short, backlog: backlog) } catch {
                guard error.errno == .addressInUse, try isAbandoned(short) else { throw error }
            }
            try Files.unlink(short)
            return try PacketSockets.listen(at: short, backlog: backlog)
        } catch { throw .system(doing: "listening at \(path)", error) }
    }

    private static func isAbandoned(_ path: String) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            _ = try PacketSockets.connect(to: path, milliseconds: 100)
            return false
        } catch { return error.errno == .connectionRefused }
    }

    /// Hands the listening socket over to the server.
    public consuming func take() -> OwnedDescriptor { listener }
}
