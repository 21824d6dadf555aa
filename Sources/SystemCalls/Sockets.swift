import CLinuxShims
import Glibc

/// Internet sockets: open, bind, listen, accept, connect, send, receive, options.
public enum Sockets {
    /// AF_INET or AF_INET6.
    public enum Family: Sendable {
        case v4, v6
    }

    /// SOCK_STREAM or SOCK_DGRAM.
    public enum Kind: Sendable {
        case stream, datagram
    }

    /// The flags of one send or receive.
    public struct MessageFlags: OptionSet, Sendable {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }

        /// Leaves what is received in the queue.
        public static let peek = MessageFlags(rawValue: Int32(MSG_PEEK))
        /// Waits until the whole buffer is full.
        public static let waitAll = MessageFlags(rawValue: Int32(MSG_WAITALL))
        /// Doesn't wait, whatever the descriptor's own flag says.
        public static let dontWait = MessageFlags(rawValue: Int32(MSG_DONTWAIT))
        /// Received: the datagram was longer than the buffer.
        public static let truncated = MessageFlags(rawValue: Int32(MSG_TRUNC))
    }

    /// Which direction to shut down.
    public enum Direction: Sendable {
        case read, write, both
    }

    /// A socket, closed on exec.
    public static func open(_ family: Family, _ kind: Kind, nonBlocking: Bool = false) throws(SystemCallError)
        -> OwnedDescriptor
    {
        let type = (kind == .stream ? SOCK_STREAM : SOCK_DGRAM).rawValue | SOCK_CLOEXEC.rawValue
        let flags = nonBlocking ? SOCK_NONBLOCK.rawValue : 0
        return OwnedDescriptor(
            adopting: try checked("socket") { socket(family == .v4 ? AF_INET : AF_INET6, Int32(type | flags), 0) })
    }

    /// bind(2).
    public static func bind(_ descriptor: Int32, to address: RawSocketAddress) throws(SystemCallError) {
        _ = try checked("bind") { address.withPointer { Glibc.bind(descriptor, $0, $1) } }
    }

    /// listen(2).
    public static func listen(_ descriptor: Int32, backlog: Int32) throws(SystemCallError) {
        _ = try checked("listen") { Glibc.listen(descriptor, backlog) }
    }

    /// The next connection, closed on exec.
    public static func accept(_ descriptor: Int32, nonBlocking: Bool) throws(SystemCallError) -> OwnedDescriptor {
        let flags = Int32(SOCK_CLOEXEC.rawValue | (nonBlocking ? SOCK_NONBLOCK.rawValue : 0))
        return OwnedDescriptor(adopting: try checked("accept4") { martlet_accept4(descriptor, flags) })
    }

    /// connect(2). A call that a signal interrupted goes on in the kernel: waits for its end.
    public static func connect(_ descriptor: Int32, to address: RawSocketAddress) throws(SystemCallError) {
        if address.withPointer({ Glibc.connect(descriptor, $0, $1) }) == 0 { return }
        let errno = Errno.last
        guard errno == .interrupted else { throw SystemCallError("connect", nil, errno) }
        var wait = [PollRequest(descriptor, .writable)]
        _ = try Poll.wait(&wait, timeout: nil)
        let result = Errno(rawValue: try option(descriptor, .error))
        if result.rawValue != 0 { throw SystemCallError("connect", nil, result) }
    }

    /// sendmsg(2), never raising SIGPIPE. Returns the bytes that were taken.
    public static func send(
        _ descriptor: Int32, _ pieces: UnsafeBufferPointer<IOVector>, to address: RawSocketAddress? = nil,
        flags: MessageFlags = []
    ) throws(SystemCallError) -> Int {
        let flags = flags.rawValue | Int32(MSG_NOSIGNAL)
        return try checked("sendmsg") {
            pieces.withKernelVectors { vectors, count in
                var message = msghdr()
                message.msg_iov = UnsafeMutablePointer(mutating: vectors)
                message.msg_iovlen = count
                guard let address else { return sendmsg(descriptor, &message, flags) }
                return address.withPointer { pointer, length in
                    message.msg_name = UnsafeMutableRawPointer(mutating: pointer)
                    message.msg_namelen = length
                    return sendmsg(descriptor, &message, flags)
                }
            }
        }
    }

    /// What one receive brought.
    public struct Received {
        /// Bytes written into the pieces.
        public var count: Int
        public var flags: MessageFlags
        /// Who sent it; `.other` on a connected stream.
        public var source: RawSocketAddress
    }

    /// recvmsg(2).
    public static func receive(
        _ descriptor: Int32, into pieces: UnsafeBufferPointer<IOVector>, flags: MessageFlags = []
    ) throws(SystemCallError) -> Received {
        var source = RawSocketAddress()
        var message = msghdr()
        let count = try checked("recvmsg") {
            pieces.withKernelVectors { vectors, count in
                source.withMutablePointer { pointer, length in
                    message.msg_name = UnsafeMutableRawPointer(pointer)
                    message.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
                    message.msg_iov = UnsafeMutablePointer(mutating: vectors)
                    message.msg_iovlen = count
                    let result = recvmsg(descriptor, &message, flags.rawValue)
                    length.pointee = message.msg_namelen
                    return result
                }
            }
        }
        return Received(count: count, flags: MessageFlags(rawValue: message.msg_flags), source: source)
    }

    /// shutdown(2).
    public static func shutDown(_ descriptor: Int32, _ direction: Direction) throws(SystemCallError) {
        let how =
            switch direction {
            case .read: SHUT_RD
            case .write: SHUT_WR
            case .both: SHUT_RDWR
            }
        _ = try checked("shutdown") { shutdown(descriptor, Int32(how)) }
    }

    /// getsockname(2).
    public static func localAddress(_ descriptor: Int32) throws(SystemCallError) -> RawSocketAddress {
        var address = RawSocketAddress()
        _ = try checked("getsockname") { address.withMutablePointer { getsockname(descriptor, $0, $1) } }
        return address
    }

    /// getpeername(2).
    public static func peerAddress(_ descriptor: Int32) throws(SystemCallError) -> RawSocketAddress {
        var address = RawSocketAddress()
        _ = try checked("getpeername") { address.withMutablePointer { getpeername(descriptor, $0, $1) } }
        return address
    }

    /// Family and kind of a descriptor, or nil when it is no internet socket of these.
    public static func identify(_ descriptor: Int32) -> (family: Family, kind: Kind)? {
        guard let type = try? option(descriptor, .type), let domain = try? option(descriptor, .domain) else {
            return nil
        }
        let kind: Kind
        switch UInt32(bitPattern: type) {
        case SOCK_STREAM.rawValue: kind = .stream
        case SOCK_DGRAM.rawValue: kind = .datagram
        default: return nil
        }
        switch domain {
        case AF_INET: return (.v4, kind)
        case AF_INET6: return (.v6, kind)
        default: return nil
        }
    }
}
