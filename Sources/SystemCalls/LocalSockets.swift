import CLinuxShims
import Glibc

/// Unix sockets between processes of one machine: by path or as a pair, with descriptors beside the bytes.
public enum LocalSockets {
    /// Descriptors that one message may carry.
    public static let descriptorLimit = 64

    /// The two ends of a connection.
    public struct Pair: ~Copyable {
        public let ours: OwnedDescriptor
        public let theirs: OwnedDescriptor

        /// Keeps our end and closes the other.
        public consuming func keepOurs() -> OwnedDescriptor { ours }

        /// Gives both ends away.
        public consuming func release() -> (ours: Int32, theirs: Int32) { (ours.release(), theirs.release()) }

        /// Keeps their end and closes ours.
        public consuming func keepTheirs() -> OwnedDescriptor { theirs }
    }

    /// A connection that keeps the bounds of messages; both ends are closed on exec.
    public static func messagePair() throws(SystemCallError) -> Pair {
        var ends: (Int32, Int32) = (-1, -1)
        let status = withUnsafeMutablePointer(to: &ends) { pair in
            // SAFETY: a tuple of two Int32 has the layout of the int[2] that socketpair fills.
            pair.withMemoryRebound(to: Int32.self, capacity: 2) { martlet_message_pair($0) }
        }
        guard status == 0 else { throw SystemCallError("socketpair") }
        return Pair(ours: OwnedDescriptor(adopting: ends.0), theirs: OwnedDescriptor(adopting: ends.1))
    }

    /// A socket that listens at a path, with mode 0600. At most 107 bytes of path: go by `/proc/self/fd/N/name`.
    ///
    /// - Parameter keepsBounds: connections keep the bounds of messages; otherwise they are streams.
    public static func listen(
        at path: String, keepsBounds: Bool = false, backlog: Int32 = 8
    ) throws(SystemCallError) -> OwnedDescriptor {
        try listen(at: path, kind: keepsBounds ? martlet_local_messages : 0, backlog: backlog)
    }

    /// A connection to the socket at a path.
    public static func connect(to path: String, keepsBounds: Bool = false) throws(SystemCallError) -> OwnedDescriptor {
        try connect(to: path, kind: keepsBounds ? martlet_local_messages : 0)
    }

    static func listen(at path: String, kind: Int, backlog: Int32) throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try checked("bind", path) { martlet_local_listen(path, path.utf8.count, Int32(kind), backlog) })
    }

    static func connect(
        to name: String, kind: Int, milliseconds: UInt32 = 0
    ) throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try checked("connect", name) {
                martlet_local_connect(name, name.utf8.count, Int32(kind), milliseconds)
            })
    }

    /// The same for a path of any length.
    public static func connect(toLongPath path: String) throws(SystemCallError) -> OwnedDescriptor {
        guard path.utf8.count > 107, let slash = path.lastIndex(of: "/") else { return try connect(to: path) }
        let folder = try Files.open(String(path[...slash]), flags: [.path, .directory])
        return try connect(to: "/proc/self/fd/\(folder.rawValue)/\(path[path.index(after: slash)...])")
    }

    /// Sends bytes, at least one, and descriptors with them. Returns how many bytes were taken.
    @discardableResult
    public static func send(
        _ socket: Int32, _ bytes: [UInt8], descriptors: [Int32] = []
    ) throws(SystemCallError) -> Int {
        try checked("sendmsg") {
            martlet_send_descriptors(socket, bytes, bytes.count, descriptors, descriptors.count)
        }
    }

    /// What came in one piece; no bytes is the end.
    public struct Received: ~Copyable {
        public let bytes: [UInt8]
        public var descriptors: OwnedDescriptors

        /// Keeps the descriptors alone.
        public consuming func keepDescriptors() -> OwnedDescriptors { descriptors }
    }

    /// The bytes of the next message, which stays there; a longer one than `limit` is `EMSGSIZE`. No bytes is the end.
    public static func peek(_ socket: Int32, limit: Int) throws(SystemCallError) -> [UInt8] {
        var failure: SystemCallError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            do throws(SystemCallError) {
                initialized = try checked("recvmsg", "MSG_PEEK") { martlet_peek(socket, buffer.baseAddress, limit) }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Receives at most `limit` bytes; a longer message is `EMSGSIZE`, further descriptors than `descriptorLimit` are closed.
    public static func receive(
        _ socket: Int32, limit: Int, descriptorLimit: Int = 0
    ) throws(SystemCallError) -> Received {
        var descriptors = [Int32](repeating: -1, count: descriptorLimit)
        var found = descriptorLimit
        var failure: SystemCallError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            do throws(SystemCallError) {
                initialized = try checked("recvmsg") {
                    found = descriptorLimit
                    return martlet_receive_descriptors(socket, buffer.baseAddress, limit, &descriptors, &found)
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return Received(bytes: bytes, descriptors: OwnedDescriptors(adopting: Array(descriptors[..<found])))
    }
}
