/// Network devices of one network namespace: looked up, moved to another, given addresses.
public struct NetworkDevices: ~Copyable {
    private var socket: RouteSocket

    /// Those of this process's namespace, wherever it goes later.
    public init() throws(SystemCallError) { socket = try RouteSocket() }

    public struct Device: Hashable, Sendable {
        public var index: UInt32
        public var name: String
        public var isUp: Bool
    }

    /// An address that was given to a device, in the words of the kernel.
    public struct Address: Hashable, Sendable {
        var family: UInt8
        var prefixLength: UInt8
        var local: [UInt8]?
        var peer: [UInt8]?
        var broadcast: [UInt8]?
    }

    /// nil when there is none by this name.
    public mutating func device(named name: String) throws(SystemCallError) -> Device? {
        var body = Self.link()
        RouteAttributes.append(LinkAttribute.name, Array(name.utf8) + [0], to: &body)
        do throws(SystemCallError) {
            return try socket.ask(RouteSocket.Kind.getLink, body, about: name).first.flatMap(Self.device)
        } catch {
            guard error.errno == .noDevice else { throw error }
            return nil
        }
    }

    public mutating func all() throws(SystemCallError) -> [Device] {
        try socket.ask(RouteSocket.Kind.getLink, Self.link(), .dump, about: "links").compactMap(Self.device)
    }

    public mutating func set(_ device: Device, isUp: Bool) throws(SystemCallError) {
        let body = Self.link(index: device.index, flags: isUp ? Self.upFlag : 0, change: Self.upFlag)
        try socket.ask(RouteSocket.Kind.newLink, body, about: device.name)
    }

    /// Moves a device that is down to another namespace, under another name if it is given one; `%d` in that stands for a
    /// number of the kernel's choice. The device loses its addresses.
    ///
    /// - Parameter namespace: its file.
    public mutating func move(_ device: Device, to namespace: Int32, as name: String) throws(SystemCallError) {
        var body = Self.link(index: device.index)
        RouteAttributes.append(LinkAttribute.name, Array(name.utf8) + [0], to: &body)
        var number: [UInt8] = []
        number.append(number: namespace)
        RouteAttributes.append(LinkAttribute.namespace, number, to: &body)
        try socket.ask(RouteSocket.Kind.newLink, body, about: device.name)
    }

    /// The permanent addresses of a device that are meant for everybody: those that it can take along.
    public mutating func lastingAddresses(of device: Device) throws(SystemCallError) -> [Address] {
        let body = [UInt8](repeating: 0, count: Self.addressSize)
        return try socket.ask(RouteSocket.Kind.getAddress, body, .dump, about: device.name)
            .compactMap { Self.lasting($0, of: device.index) }
    }

    public mutating func add(_ address: Address, to device: Device) throws(SystemCallError) {
        var body: [UInt8] = [address.family, address.prefixLength, 0, Self.everybody]
        body.append(number: device.index)
        if let local = address.local { RouteAttributes.append(AddressAttribute.local, local, to: &body) }
        if let peer = address.peer { RouteAttributes.append(AddressAttribute.address, peer, to: &body) }
        if let broadcast = address.broadcast {
            RouteAttributes.append(AddressAttribute.broadcast, broadcast, to: &body)
        }
        try socket.ask(RouteSocket.Kind.newAddress, body, .create, about: device.name)
    }

    // What the kernel's structures look like (linux/rtnetlink.h, if_link.h, if_addr.h).

    private enum LinkAttribute {
        static let name: UInt16 = 3
        static let namespace: UInt16 = 28
    }

    private enum AddressAttribute {
        static let address: UInt16 = 1
        static let local: UInt16 = 2
        static let broadcast: UInt16 = 4
        static let flags: UInt16 = 8
    }

    private static let linkSize = 16
    private static let addressSize = 8
    private static let upFlag: UInt32 = 1
    private static let permanent: UInt32 = 0x80
    /// RT_SCOPE_UNIVERSE.
    private static let everybody: UInt8 = 0

    private static func link(index: UInt32 = 0, flags: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
        var body: [UInt8] = [0, 0, 0, 0]
        body.append(number: index)
        body.append(number: flags)
        body.append(number: change)
        return body
    }

    private static func device(_ message: [UInt8]) -> Device? {
        guard message.count >= linkSize, let name = RouteAttributes.read(message, after: linkSize)[LinkAttribute.name]
        else { return nil }
        return Device(
            index: message[...].number(at: 4, as: UInt32.self),
            name: String(decoding: name.prefix { $0 != 0 }, as: UTF8.self),
            isUp: message[...].number(at: 8, as: UInt32.self) & upFlag != 0)
    }

    private static func lasting(_ message: [UInt8], of index: UInt32) -> Address? {
        guard message.count >= addressSize, message[...].number(at: 4, as: UInt32.self) == index,
            message[3] == everybody
        else { return nil }
        let attributes = RouteAttributes.read(message, after: addressSize)
        var flags = UInt32(message[2])
        if let wide = attributes[AddressAttribute.flags], wide.count >= 4 {
            flags = wide.number(at: 0, as: UInt32.self)
        }
        guard flags & permanent != 0 else { return nil }
        return Address(
            family: message[0], prefixLength: message[1], local: attributes[AddressAttribute.local].map(Array.init),
            peer: attributes[AddressAttribute.address].map(Array.init),
            broadcast: attributes[AddressAttribute.broadcast].map(Array.init))
    }
}
