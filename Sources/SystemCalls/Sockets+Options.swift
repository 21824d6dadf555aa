import Glibc

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

    /// An option whose value is an int.
    public static func option(_ descriptor: Int32, _ option: OptionName) throws(SystemCallError) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = try checked("getsockopt") { getsockopt(descriptor, option.level, option.name, &value, &length) }
        return value
    }

    /// setsockopt(2) with an int.
    public static func setOption(
        _ descriptor: Int32, _ option: OptionName, _ value: Int32
    ) throws(SystemCallError) {
        var value = value
        _ = try checked("setsockopt") {
            setsockopt(descriptor, option.level, option.name, &value, socklen_t(MemoryLayout<Int32>.size))
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

    /// setsockopt(2) with a value of any layout.
    public static func setOption(
        _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: UnsafeRawBufferPointer
    ) throws(SystemCallError) {
        _ = try checked("setsockopt") {
            setsockopt(descriptor, level, name, value.baseAddress, socklen_t(clamping: value.count))
        }
    }
}
