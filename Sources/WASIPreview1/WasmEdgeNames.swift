import HostCapabilities
import SystemCalls
import WasmEngine

/// `sock_getaddrinfo`: finds addresses by name, for the names that the outbound rules allow.
enum WasmEdgeNames {
    /// Fills the guest's list of `addrinfo`, at most `limit` of them, and tells how many there are.
    ///
    /// The guest has linked the list and given each entry room for an address. Errors: WasmEdge's numbers for those of
    /// getaddrinfo(3), `acces` for a name that no rule covers, `inval` for a limit above 1,024.
    static func resolve(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, node: (UInt32, UInt32), service: (UInt32, UInt32),
        hints: UInt32, result: UInt32, limit: UInt32, count: UInt32
    ) throws(Preview1Failure) {
        let node = try text(memory, node)
        let service = try text(memory, service)
        let hints = try Hints(memory, at: hints)
        let first = try memory.read(UInt32.self, at: result)
        _ = try memory.range(at: count, count: 4)
        guard !node.isEmpty || !service.isEmpty else { throw .errno(.aiNoName) }
        guard limit >= 1 else { throw .errno(.aiMemory) }
        guard limit <= entryLimit else { throw .errno(.inval) }
        let port = try port(service, hints)
        var entries = try AddressInfoList(memory, first: first, limit: limit)
        for address in try addresses(context, node, hints) {
            for kind in hints.kinds {
                try entries.append(memory, SocketAddress(address, port: port), kind, name: hints.wantsName ? node : nil)
            }
        }
        guard entries.count > 0 else { throw .errno(.aiNoData) }
        try memory.put(entries.count, at: count)
    }

    private static let entryLimit: UInt32 = 1024
    private static let textLimit: UInt32 = 1024

    /// A string, which may end in a zero byte.
    private static func text(_ memory: borrowing GuestMemory, _ place: (UInt32, UInt32)) throws(Preview1Failure)
        -> String
    {
        guard place.1 <= textLimit else { throw .errno(.aiNoName) }
        let bytes = try memory.range(at: place.0, count: place.1)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func port(_ service: String, _ hints: Hints) throws(Preview1Failure) -> UInt16 {
        guard !service.isEmpty else { return 0 }
        guard let port = ServiceName.port(service) else { throw .errno(.aiService) }
        return port
    }

    private static func addresses(
        _ context: Preview1Context, _ node: String, _ hints: Hints
    ) throws(Preview1Failure) -> [IPAddress] {
        guard !node.isEmpty else {
            let addresses: [IPAddress] = hints.isPassive ? [.v4(.any), .v6(.any)] : [.v4(.loopback), .v6(.loopback)]
            return addresses.filter(hints.includes)
        }
        if let address = IPAddress(node) {
            guard hints.includes(address) else { throw .errno(.aiAddressFamily) }
            return [address]
        }
        guard !hints.isNumeric, let name = HostName(node) else { throw .errno(.aiNoName) }
        do throws(Network.LookupFailure) {
            return try context.network.lookUp(name, hints.wanted).addresses
        } catch {
            switch error {
            case .refused: throw .errno(.acces)
            case .failed(.noSuchName): throw .errno(.aiNoName)
            case .failed(.noAddress): throw .errno(.aiNoData)
            case .failed(.noAnswer): throw .errno(.aiAgain)
            }
        }
    }
}

/// What the guest wants of the addresses: the first 5 bytes of an `addrinfo`.
private struct Hints {
    let isPassive: Bool
    let wantsName: Bool
    let isNumeric: Bool
    let wanted: HostNameResolver.Wanted
    let kinds: [Sockets.Kind]

    init(_ memory: borrowing GuestMemory, at address: UInt32) throws(Preview1Failure) {
        let flags = try memory.read(UInt16.self, at: address)
        guard flags < 1 << 7 else { throw .errno(.aiBadFlags) }
        isPassive = flags & 1 != 0
        wantsName = flags & 2 != 0
        isNumeric = flags & 4 != 0
        switch try memory.read(UInt8.self, at: address, offset: 2) {
        case 0: wanted = .both
        case 1: wanted = .v4
        case 2: wanted = .v6
        default: throw .errno(.aiFamily)
        }
        let type = try memory.read(UInt8.self, at: address, offset: 3)
        let transport = try memory.read(UInt8.self, at: address, offset: 4)
        guard type <= 2, transport <= 2 else { throw .errno(.aiSocketType) }
        // Type 1 is a datagram socket and 2 a stream; protocol 1 is TCP and 2 is UDP; 0 leaves it open.
        kinds = ([.stream, .datagram] as [Sockets.Kind]).filter { kind in
            (type == 0 || type == (kind == .stream ? 2 : 1))
                && (transport == 0 || transport == (kind == .stream ? 1 : 2))
        }
        guard !kinds.isEmpty else { throw .errno(.aiSocketType) }
    }

    func includes(_ address: IPAddress) -> Bool {
        switch wanted {
        case .v4: !address.isV6
        case .v6: address.isV6
        case .both: true
        }
    }
}

/// The guest's linked list of `addrinfo`, 28 bytes each, filled from the front.
private struct AddressInfoList {
    private(set) var count: UInt32 = 0
    private var next: UInt32
    private let limit: UInt32

    /// The first entry's place is checked when it is used: a list may be shorter than the limit says.
    init(_ memory: borrowing GuestMemory, first: UInt32, limit: UInt32) throws(Preview1Failure) {
        next = first
        self.limit = limit
    }

    /// Fills the next entry. Where the guest left too little room for an address of this family, it is left out.
    mutating func append(
        _ memory: borrowing GuestMemory, _ address: SocketAddress, _ kind: Sockets.Kind, name: String?
    ) throws(Preview1Failure) {
        guard count < limit else { return }
        let entry = try memory.range(at: next, count: 28)
        let socketAddress = try memory.range(at: word(entry, 12), count: 12)
        let data = try memory.range(at: word(socketAddress, 8), count: word(socketAddress, 4))
        let bytes = Self.encode(address)
        guard data.count >= bytes.count else { return }
        data.copyBytes(from: bytes)
        let family = UInt8(WasmEdgeAddress.number(of: address.address))
        socketAddress.storeBytes(of: family, as: UInt8.self)
        socketAddress.storeBytes(of: UInt32(bytes.count).littleEndian, toByteOffset: 4, as: UInt32.self)
        entry.storeBytes(of: 0, as: UInt16.self)
        entry.storeBytes(of: family, toByteOffset: 2, as: UInt8.self)
        entry.storeBytes(of: kind == .stream ? 2 : 1, toByteOffset: 3, as: UInt8.self)
        entry.storeBytes(of: kind == .stream ? 1 : 2, toByteOffset: 4, as: UInt8.self)
        // As large as the C structs: the family in front of the data.
        entry.storeBytes(of: UInt32(bytes.count + 2).littleEndian, toByteOffset: 8, as: UInt32.self)
        try writeName(memory, entry, name)
        next = word(entry, 24)
        count += 1
    }

    /// The canonical name with its zero byte, where the guest gave room for it.
    private func writeName(
        _ memory: borrowing GuestMemory, _ entry: UnsafeMutableRawBufferPointer, _ name: String?
    ) throws(Preview1Failure) {
        let room = word(entry, 20)
        var written: UInt32 = 0
        if let name, room > name.utf8.count {
            try memory.range(at: word(entry, 16), count: room).copyBytes(from: Array(name.utf8) + [0])
            written = UInt32(name.utf8.count)
        }
        entry.storeBytes(of: written.littleEndian, toByteOffset: 20, as: UInt32.self)
    }

    private func word(_ bytes: UnsafeMutableRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// `sa_data`: the port and the address in network order, padded to the size of the C struct without its family.
    private static func encode(_ address: SocketAddress) -> [UInt8] {
        let port = [UInt8(address.port >> 8), UInt8(address.port & 0xff)]
        switch address.address {
        case .v4(let address): return port + address.octets + [UInt8](repeating: 0, count: 8)
        case .v6(let address):
            let zeros = [UInt8](repeating: 0, count: 4)
            return port + zeros + address.octets + zeros
        }
    }
}

/// WasmEdge's numbers for the errors of getaddrinfo(3), behind those of preview 1.
extension Preview1Errno {
    static let aiAddressFamily = Preview1Errno(rawValue: 77)
    static let aiAgain = Preview1Errno(rawValue: 78)
    static let aiBadFlags = Preview1Errno(rawValue: 79)
    static let aiFail = Preview1Errno(rawValue: 80)
    static let aiFamily = Preview1Errno(rawValue: 81)
    static let aiMemory = Preview1Errno(rawValue: 82)
    static let aiNoData = Preview1Errno(rawValue: 83)
    static let aiNoName = Preview1Errno(rawValue: 84)
    static let aiService = Preview1Errno(rawValue: 85)
    static let aiSocketType = Preview1Errno(rawValue: 86)
}
