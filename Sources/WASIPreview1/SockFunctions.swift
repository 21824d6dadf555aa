import HostCapabilities
import SystemCalls
import WasmEngine

/// `sock_*`: sockets that the guest was given, and what it accepts on them.
///
/// Errors of all: `badf`, `notsock` for what is no socket, `notcapable` for a missing right, and the kernel's own. All
/// pointers are checked before anything happens.
enum SockFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("sock_accept", [.i32, .i32, .i32], isInUnstable: false) {
            (call, memory, values) throws(Preview1Failure) in
            try accept(call.context, memory, values[u32: 0], flags: values[u32: 1], result: values[u32: 2])
        },
        receive("sock_recv"),
        send("sock_send"),
        Preview1Function("sock_shutdown", [.i32, .i32]) { (call, _, values) throws(Preview1Failure) in
            try shutDown(call.context, values[u32: 0], how: values[u32: 1])
        },
    ]

    /// `sock_recv`, under its own name or that of WasmEdge's second version.
    static func receive(_ name: String, isInUnstable: Bool = true) -> Preview1Function {
        Preview1Function(name, [.i32, .i32, .i32, .i32, .i32, .i32], isInUnstable: isInUnstable) {
            (call, memory, values) throws(Preview1Failure) in
            try receive(
                call.context, memory, values[u32: 0], values[u32: 1], values[u32: 2], flags: values[u32: 3],
                count: values[u32: 4], resultFlags: values[u32: 5])
        }
    }

    /// `sock_send`, likewise.
    static func send(_ name: String, isInUnstable: Bool = true) -> Preview1Function {
        Preview1Function(name, [.i32, .i32, .i32, .i32, .i32], isInUnstable: isInUnstable) {
            (call, memory, values) throws(Preview1Failure) in
            try send(
                call.context, memory, values[u32: 0], values[u32: 1], values[u32: 2], flags: values[u32: 3],
                result: values[u32: 4])
        }
    }

    /// `sock_accept`: the next connection as a new descriptor; `flags` may ask that it doesn't wait.
    ///
    /// Errors: `again` on a listener that doesn't wait, `inval` for other flags, `mfile` when the table is full.
    static func accept(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, flags: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: .sockAccept)
        let flags = try Preview1DescriptorFlags(argument: flags)
        guard flags.isSubset(of: .nonblock) else { throw .errno(.inval) }
        _ = try memory.range(at: result, count: 4)
        try context.descriptors.expectRoom()
        let connection = try guestSocketErrno { () throws(SocketFailure) in
            try socket.accept(nonBlocking: flags.contains(.nonblock))
        }
        let accepted = try context.descriptors.insert(.init(.socket(connection), base: .connection))
        try memory.put(accepted, at: result)
    }

    /// `sock_recv`: `riflags` may ask to peek (1) and to wait for all (2); `roflags` says if a datagram was cut (1).
    static func receive(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ vectors: UInt32,
        _ vectorCount: UInt32, flags: UInt32, count: UInt32, resultFlags: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: .fdRead)
        let flags = try receiveFlags(flags)
        _ = try memory.range(at: count, count: 4)
        _ = try memory.range(at: resultFlags, count: 2)
        let received = try memory.withVectors(at: vectors, count: vectorCount, context.limits) {
            (vectors) throws(Errno) in
            do throws(SocketFailure) { return try socket.receive(into: vectors, flags: flags) } catch {
                throw error.errno
            }
        }
        try memory.put(UInt32(truncatingIfNeeded: received.count), at: count)
        try memory.put(UInt16(received.isTruncated ? 1 : 0), at: resultFlags)
    }

    /// `riflags` of the witx file: `inval` for others.
    static func receiveFlags(_ flags: UInt32) throws(Preview1Failure) -> Sockets.MessageFlags {
        guard flags < 1 << 2 else { throw .errno(.inval) }
        var result: Sockets.MessageFlags = []
        if flags & 1 != 0 { result.insert(.peek) }
        if flags & 2 != 0 { result.insert(.waitAll) }
        return result
    }

    /// `sock_send`: there are no `siflags`, so that any is `inval`.
    static func send(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ vectors: UInt32,
        _ vectorCount: UInt32, flags: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: .fdWrite)
        guard flags == 0 else { throw .errno(.inval) }
        _ = try memory.range(at: result, count: 4)
        let sent = try memory.withVectors(at: vectors, count: vectorCount, context.limits) { (vectors) throws(Errno) in
            do throws(SocketFailure) { return try socket.send(vectors) } catch { throw error.errno }
        }
        try memory.put(UInt32(truncatingIfNeeded: sent), at: result)
    }

    /// `sock_shutdown`: `sdflags` is 1 for reading, 2 for writing, 3 for both; `inval` for others, `notconn`.
    static func shutDown(_ context: Preview1Context, _ number: UInt32, how: UInt32) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: .sockShutdown)
        let direction: Sockets.Direction
        switch how {
        case 1: direction = .read
        case 2: direction = .write
        case 3: direction = .both
        default: throw .errno(.inval)
        }
        try guestSocketErrno { () throws(SocketFailure) in try socket.shutDown(direction) }
    }
}
