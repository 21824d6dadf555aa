import HostCapabilities
import SystemCalls
import WasmEngine

/// Receiving and sending with addresses.
enum WasmEdgeDatagrams {
    /// `sock_recv_from`: tells the sender's address, and its port in the host's order where there is a place for it.
    ///
    /// The port is written as 16 bits, as WasmEdge does: programs pass the address of a 32-bit zero. Errors: `inval` for an
    /// address that doesn't fit.
    static func receive(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ vectors: UInt32,
        _ vectorCount: UInt32, address: UInt32, flags: UInt32, port: UInt32?, count: UInt32, resultFlags: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: .fdRead)
        let flags = try SockFunctions.receiveFlags(flags)
        let target = try WasmEdgeAddress(memory, at: address)
        if let port { _ = try memory.range(at: port, count: 2) }
        _ = try memory.range(at: count, count: 4)
        _ = try memory.range(at: resultFlags, count: 2)
        let received = try memory.withVectors(at: vectors, count: vectorCount, context.limits) {
            (vectors) throws(Errno) in
            do throws(SocketFailure) { return try socket.receive(into: vectors, flags: flags) } catch {
                throw error.errno
            }
        }
        // A stream names no sender: its peer is the one.
        if let source = received.source ?? (try? socket.peerAddress()) {
            try target.write(source.address, asStorage: port != nil && target.bytes.count == 128)
            if let port { try memory.put(source.port, at: port) }
        }
        try memory.put(UInt32(truncatingIfNeeded: received.count), at: count)
        try memory.put(UInt16(received.isTruncated ? 1 : 0), at: resultFlags)
    }

    /// `sock_send_to`: `acces` for an address that no outbound rule allows and that asked for no answer.
    static func send(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ vectors: UInt32,
        _ vectorCount: UInt32, address: UInt32, port: UInt32, flags: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: .fdWrite)
        guard flags == 0 else { throw .errno(.inval) }
        let target = try WasmEdgeSockets.socketAddress(memory, address, port)
        _ = try memory.range(at: result, count: 4)
        let sent = try memory.withVectors(at: vectors, count: vectorCount, context.limits) { (vectors) throws(Errno) in
            do throws(SocketFailure) { return try socket.send(vectors, to: target) } catch { throw error.errno }
        }
        try memory.put(UInt32(truncatingIfNeeded: sent), at: result)
    }
}
