import Glibc

/// An internet address as the kernel takes and gives it: `sockaddr_in` or `sockaddr_in6`.
public struct RawSocketAddress {
    var storage = sockaddr_storage()
    var length: socklen_t = 0

    /// An empty place for the kernel to fill.
    init() { length = socklen_t(MemoryLayout<sockaddr_storage>.size) }

    /// `bits` is the address as a number: 127.0.0.1 is 0x7f00_0001.
    public init(v4 bits: UInt32, port: UInt16) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = bits.bigEndian
        self.init(copying: address)
    }

    /// The address as two numbers: `::1` is high 0 and low 1. `scope` is the interface of a link-local address.
    public init(v6 high: UInt64, _ low: UInt64, port: UInt16, flow: UInt32 = 0, scope: UInt32 = 0) {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_flowinfo = flow.bigEndian
        address.sin6_scope_id = scope
        withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        self.init(copying: address)
    }

    /// The address of no one: connecting a datagram socket to it takes the connection away.
    public static var unspecified: RawSocketAddress {
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_UNSPEC)
        return RawSocketAddress(copying: address)
    }

    /// `address` is one of the kernel's plain structs, none of which is larger than the storage.
    private init<Address>(copying address: Address) {
        withUnsafeMutableBytes(of: &storage) { storage in
            withUnsafeBytes(of: address) { storage.copyMemory(from: $0) }
        }
        length = socklen_t(MemoryLayout<Address>.size)
    }

    /// What the bytes say.
    public enum Content: Hashable, Sendable {
        case v4(UInt32, port: UInt16)
        case v6(UInt64, UInt64, port: UInt16, flow: UInt32, scope: UInt32)
        /// Another family, or nothing at all.
        case other(family: Int32)
    }

    public var content: Content {
        withUnsafeBytes(of: storage) { bytes in
            let family = bytes.load(as: sa_family_t.self)
            if family == AF_INET, length >= MemoryLayout<sockaddr_in>.size {
                let address = bytes.load(as: sockaddr_in.self)
                return .v4(UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
            }
            if family == AF_INET6, length >= MemoryLayout<sockaddr_in6>.size {
                let address = bytes.load(as: sockaddr_in6.self)
                let (high, low) = withUnsafeBytes(of: address.sin6_addr) {
                    ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                }
                return .v6(
                    UInt64(bigEndian: high), UInt64(bigEndian: low), port: UInt16(bigEndian: address.sin6_port),
                    flow: UInt32(bigEndian: address.sin6_flowinfo), scope: address.sin6_scope_id)
            }
            return .other(family: length == 0 ? AF_UNSPEC : Int32(family))
        }
    }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: storage) { pointer in
            // SAFETY: every socket address begins with its family, as sockaddr does; the kernel reads `length` bytes.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    mutating func withMutablePointer<R>(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> R
    ) -> R {
        withUnsafeMutablePointer(to: &length) { length in
            withUnsafeMutablePointer(to: &storage) { pointer in
                // SAFETY: as above; `length` tells the kernel the size of the whole storage.
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
            }
        }
    }
}
