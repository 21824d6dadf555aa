import CLinuxShims
import Glibc

/// Unix sockets at a path on which each message is one packet, and who is at their other end. What moves on them is
/// `LocalSockets`' business.
public enum PacketSockets {
    /// A non-blocking socket that listens at a path, with mode 0600. At most 107 bytes of path: go by `/proc/self/fd/N/name`.
    public static func listen(at path: String, backlog: Int32) throws(SystemCallError) -> OwnedDescriptor {
        try LocalSockets.listen(
            at: path, kind: martlet_local_messages | martlet_local_nonblocking, backlog: backlog)
    }

    /// Connected to the socket at a path; connecting, sending and receiving fail with `EAGAIN` after this time.
    public static func connect(to path: String, milliseconds: UInt32) throws(SystemCallError) -> OwnedDescriptor {
        try LocalSockets.connect(to: path, kind: martlet_local_messages, milliseconds: milliseconds)
    }

    /// Whether a descriptor is such a listening socket.
    public static func isListening(_ descriptor: Int32) -> Bool { martlet_packet_is_listening(descriptor) == 1 }

    /// From now on receiving waits this long; nil is for ever.
    public static func setReceiveTimeout(_ socket: Int32, milliseconds: UInt32?) throws(SystemCallError) {
        _ = try checked("setsockopt") { martlet_receive_timeout(socket, milliseconds ?? 0) }
    }

    /// Who connected.
    public struct Peer: Hashable, Sendable {
        /// 0 when this process's pid namespace doesn't have it.
        public var process: Int32
        public var user: UInt32
        public var group: UInt32
    }

    /// SO_PEERCRED: as this process's namespaces have it.
    public static func peer(of socket: Int32) throws(SystemCallError) -> Peer {
        var peer = Peer(process: 0, user: 0, group: 0)
        _ = try checked("getsockopt", "SO_PEERCRED") {
            martlet_peer(socket, &peer.process, &peer.user, &peer.group)
        }
        return peer
    }

    /// listen(2) on a socket that listens already: who connects from now on sees this process at its other end (SO_PEERCRED), and
    /// not the one that made the socket.
    public static func listenAgain(_ socket: Int32, backlog: Int32) throws(SystemCallError) {
        _ = try checked("listen") { Glibc.listen(socket, backlog) }
    }

    /// A pidfd of who connected, which stays that process's whatever becomes of its number. Linux 6.5 has it; before, it is
    /// opened by number.
    public static func peerDescriptor(of socket: Int32, _ peer: Peer) throws(SystemCallError) -> OwnedDescriptor {
        let descriptor = martlet_peer_pidfd(socket)
        if descriptor >= 0 { return OwnedDescriptor(adopting: descriptor) }
        return try Processes.descriptor(of: peer.process)
    }
}
