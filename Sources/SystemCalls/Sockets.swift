import CLinuxShims
import Glibc

/// Internet sockets: open, bind, listen, accept, connect, send, receive, options.
public enum Sockets {
    public enum Family: Sendable {
        case v4, v6
    }

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

    public static func bind(_ descriptor: Int32, to address: RawSocketAddress) throws(SystemCallError) {
        _ = try checked("bind") { address.withPointer { Glibc.bind(descriptor, $0, $1) } }
    }

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
        let result = Errno(rawValue: try option(descriptor, SOL_SOCKET, SO_ERROR))
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

    public static func shutDown(_ descriptor: Int32, _ direction: Direction) throws(SystemCallError) {
        let how =
            switch direction {
            case .read: SHUT_RD
            case .write: SHUT_WR
            case .both: SHUT_RDWR
            }
        _ = try checked("shutdown") { shutdown(descriptor, Int32(how)) }
    }

    public static func localAddress(_ descriptor: Int32) throws(SystemCallError) -> RawSocketAddress {
        var address = RawSocketAddress()
        _ = try checked("getsockname") { address.withMutablePointer { getsockname(descriptor, $0, $1) } }
        return address
    }

    public static func peerAddress(_ descriptor: Int32) throws(SystemCallError) -> RawSocketAddress {
        var address = RawSocketAddress()
        _ = try checked("getpeername") { address.withMutablePointer { getpeername(descriptor, $0, $1) } }
        return address
    }

    /// An option whose value is an int.
    public static func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) throws(SystemCallError) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = try checked("getsockopt") { getsockopt(descriptor, level, name, &value, &length) }
        return value
    }

    public static func setOption(
        _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32
    ) throws(SystemCallError) {
        var value = value
        _ = try checked("setsockopt") {
            setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// An option of any layout: fills the buffer and returns how many bytes the value has.
    public static func option(
        _ descriptor: Int32, _ level: Int32, _ name: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Int {
        var length = socklen_t(clamping: buffer.count)
        _ = try checked("getsockopt") { getsockopt(descriptor, level, name, buffer.baseAddress, &length) }
        return Int(length)
    }

    public static func setOption(
        _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: UnsafeRawBufferPointer
    ) throws(SystemCallError) {
        _ = try checked("setsockopt") {
            setsockopt(descriptor, level, name, value.baseAddress, socklen_t(clamping: value.count))
        }
    }
}

extension Sockets {
    /// The numbers of the options that martlet uses, as `level` and `name`.
    public struct OptionName: Hashable, Sendable {
        public let level: Int32
        public let name: Int32

        public static let reuseAddress = OptionName(level: SOL_SOCKET, name: SO_REUSEADDR)
        public static let type = OptionName(level: SOL_SOCKET, name: SO_TYPE)
        public static let error = OptionName(level: SOL_SOCKET, name: SO_ERROR)
        public static let dontRoute = OptionName(level: SOL_SOCKET, name: SO_DONTROUTE)
        public static let broadcast = OptionName(level: SOL_SOCKET, name: SO_BROADCAST)
        public static let sendBuffer = OptionName(level: SOL_SOCKET, name: SO_SNDBUF)
        public static let receiveBuffer = OptionName(level: SOL_SOCKET, name: SO_RCVBUF)
        public static let keepAlive = OptionName(level: SOL_SOCKET, name: SO_KEEPALIVE)
        public static let outOfBandInline = OptionName(level: SOL_SOCKET, name: SO_OOBINLINE)
        public static let linger = OptionName(level: SOL_SOCKET, name: SO_LINGER)
        public static let receiveLowWater = OptionName(level: SOL_SOCKET, name: SO_RCVLOWAT)
        public static let receiveTimeout = OptionName(level: SOL_SOCKET, name: SO_RCVTIMEO)
        public static let sendTimeout = OptionName(level: SOL_SOCKET, name: SO_SNDTIMEO)
        public static let accepting = OptionName(level: SOL_SOCKET, name: SO_ACCEPTCONN)
        public static let domain = OptionName(level: SOL_SOCKET, name: SO_DOMAIN)
        public static let v6Only = OptionName(level: Int32(IPPROTO_IPV6), name: IPV6_V6ONLY)
    }

    public static func option(_ descriptor: Int32, _ option: OptionName) throws(SystemCallError) -> Int32 {
        try self.option(descriptor, option.level, option.name)
    }

    public static func setOption(
        _ descriptor: Int32, _ option: OptionName, _ value: Int32
    ) throws(SystemCallError) {
        try setOption(descriptor, option.level, option.name, value)
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
