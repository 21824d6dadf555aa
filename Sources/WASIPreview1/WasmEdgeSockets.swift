import HostCapabilities
import SystemCalls
import WasmEngine

/// Opening, binding, listening, connecting; who is at the ends.
enum WasmEdgeSockets {
    /// `sock_open`: a new socket. `sock_type` is 1 for datagrams and 2 for a stream.
    ///
    /// Errors: `acces` when the policy grants the guest no network at all, `afnosupport`, `inval`, `mfile`.
    static func open(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, family: UInt32, kind: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let family = try WasmEdgeAddress.family(family)
        guard kind == 1 || kind == 2 else { throw .errno(.inval) }
        _ = try memory.range(at: result, count: 4)
        let socket = try guestSocketErrno { () throws(SocketFailure) in
            try context.network.open(family, kind == 1 ? .datagram : .stream)
        }
        let number = try context.descriptors.insert(
            .init(.socket(socket), base: .listener, inheriting: .connection))
        try memory.put(number, at: result)
    }

    /// `sock_bind`: `acces` for a port that isn't granted.
    static func bind(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, address: UInt32, port: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: [])
        let address = try socketAddress(memory, address, port)
        try guestSocketErrno { () throws(SocketFailure) in try socket.bind(to: address) }
    }

    /// `sock_listen`: `acces` for a socket that isn't bound to a granted port.
    static func listen(_ context: Preview1Context, _ number: UInt32, backlog: Int32) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: [])
        try guestSocketErrno { () throws(SocketFailure) in try socket.listen(backlog: backlog) }
    }

    /// `sock_connect`: `acces` for what no outbound rule allows, `inprogress` on a socket that doesn't wait.
    static func connect(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, address: UInt32, port: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: [])
        let address = try socketAddress(memory, address, port)
        try guestSocketErrno { () throws(SocketFailure) in try socket.connect(to: address) }
    }

    /// `sock_getlocaladdr` and `sock_getpeeraddr`.
    ///
    /// With a place for the type, it becomes 4 or 6 and the address has 4 or 16 bytes; without one the address is in the
    /// form of 128 bytes. Errors: `notconn`, `inval` for an address of another size or one that doesn't fit.
    static func end(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, isPeer: Bool, address: UInt32,
        type: UInt32?, port: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: [])
        let target = try WasmEdgeAddress(memory, at: address)
        guard type == nil ? target.bytes.count == 128 : [4, 16].contains(target.bytes.count) else {
            throw .errno(.inval)
        }
        if let type { _ = try memory.range(at: type, count: 4) }
        _ = try memory.range(at: port, count: 4)
        let end = try guestSocketErrno { () throws(SocketFailure) in
            isPeer ? try socket.peerAddress() : try socket.localAddress()
        }
        try target.write(end.address, asStorage: type == nil)
        if let type { try memory.put(end.address.isV6 ? 6 : 4 as UInt32, at: type) }
        try memory.put(UInt32(end.port), at: port)
    }

    static func socketAddress(
        _ memory: borrowing GuestMemory, _ address: UInt32, _ port: UInt32
    ) throws(Preview1Failure) -> SocketAddress {
        let address = try WasmEdgeAddress(memory, at: address).read()
        guard let port = UInt16(exactly: port) else { throw .errno(.inval) }
        return SocketAddress(address, port: port)
    }
}
