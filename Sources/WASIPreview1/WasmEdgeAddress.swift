import HostCapabilities
import SystemCalls
import WasmEngine

/// WasmEdge's `address`: a pointer and a size in the guest's memory, and behind the pointer the bytes.
///
/// The size says the form: 4 bytes are IPv4 and 16 are IPv6, in network order; 128 begin with the family as a 16-bit
/// number, and the address follows.
struct WasmEdgeAddress {
    /// The bytes as the guest's.
    let bytes: UnsafeMutableRawBufferPointer

    /// `address_family`: 1 is IPv4, 2 is IPv6; 0 (unspecified) and 3 (Unix) have no socket here.
    static func family(_ number: UInt32) throws(Preview1Failure) -> Sockets.Family {
        switch number {
        case 1: .v4
        case 2: .v6
        case 3: throw .errno(.afnosupport)
        default: throw .errno(.inval)
        }
    }

    static func number(of address: IPAddress) -> UInt16 { address.isV6 ? 2 : 1 }

    /// SAFETY: the range is good until the host function returns, as `GuestMemory.range` says.
    init(_ memory: borrowing GuestMemory, at address: UInt32) throws(Preview1Failure) {
        let start = try memory.read(UInt32.self, at: address)
        let count = try memory.read(UInt32.self, at: address, offset: 4)
        bytes = try memory.range(at: start, count: count)
    }

    /// The address that the guest wrote: `inval` for another size, `afnosupport` for a Unix one.
    func read() throws(Preview1Failure) -> IPAddress {
        switch bytes.count {
        case 4: return try v4(at: 0)
        case 16: return try v6(at: 0)
        case 128:
            let family = UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self))
            switch try Self.family(UInt32(family)) {
            case .v4: return try v4(at: 2)
            case .v6: return try v6(at: 2)
            }
        default: throw .errno(.inval)
        }
    }

    private func v4(at offset: Int) throws(Preview1Failure) -> IPAddress {
        .v4(IPv4Address(bits: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))))
    }

    private func v6(at offset: Int) throws(Preview1Failure) -> IPAddress {
        guard let address = IPv6Address(octets: Array(bytes[offset..<offset + 16])) else { throw .errno(.inval) }
        return .v6(address)
    }

    /// Writes an address, in the form of 128 bytes if it may: `inval` when it doesn't fit.
    func write(_ address: IPAddress, asStorage: Bool) throws(Preview1Failure) {
        let octets =
            switch address {
            case .v4(let address): address.octets
            case .v6(let address): address.octets
            }
        let start = asStorage ? 2 : 0
        guard bytes.count >= start + octets.count else { throw .errno(.inval) }
        if asStorage { bytes.storeBytes(of: Self.number(of: address).littleEndian, as: UInt16.self) }
        UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + octets.count]).copyBytes(from: octets)
    }
}
