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
        switch name {
        case .path(let path): try LocalSockets.connect(to: path, kind: martlet_local_nonblocking)
        case .abstract(let name):
            try LocalSockets.connect(to: name, kind: martlet_local_nonblocking | martlet_local_abstract)
        }
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
