import CLinuxShims
import Glibc

/// Stream sockets of the unix family, as a client of a message bus uses them: nothing here ever waits by itself.
public enum LocalStreams {
    /// The name of a unix socket.
    public enum Name: Hashable, Sendable {
        case path(String)
        /// A name outside the file system, without the zero byte in front.
        case abstract(String)
    }

    /// A non-blocking, connected socket, closed on exec. `EAGAIN`: nobody accepts right now, try later.
    public static func connect(_ name: Name) throws(SystemCallError) -> OwnedDescriptor {
        let (text, abstract) =
            switch name {
            case .path(let path): (path, Int32(0))
            case .abstract(let name): (name, Int32(1))
            }
        let descriptor = try checked("connect", text) { martlet_local_connect(text, text.utf8.count, abstract) }
        return OwnedDescriptor(adopting: descriptor)
    }

    /// A listening socket at a path, closed on exec.
    public static func listen(_ path: String, backlog: Int32) throws(SystemCallError) -> OwnedDescriptor {
        let descriptor = try checked("bind", path) { martlet_local_listen(path, path.utf8.count, backlog) }
        return OwnedDescriptor(adopting: descriptor)
    }

    /// Sends what fits; 0 when nothing fits now. Never raises SIGPIPE.
    public static func send(_ socket: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemCallError) -> Int {
        let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count >= 0 { return count }
        let errno = Errno.last
        if errno == .again || errno == .interrupted { return 0 }
        throw SystemCallError("send", nil, errno)
    }

    /// Receives at most `limit` bytes; nil when there is nothing now, empty when the peer closed.
    public static func receive(_ socket: Int32, limit: Int) throws(SystemCallError) -> [UInt8]? {
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            let count = recv(socket, buffer.baseAddress, buffer.count, 0)
            if count < 0 { failure = Errno.last } else { initialized = count }
        }
        guard let failure else { return bytes }
        if failure == .again || failure == .interrupted { return nil }
        throw SystemCallError("recv", nil, failure)
    }
}
