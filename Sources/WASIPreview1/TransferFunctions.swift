import HostCapabilities
import SystemCalls
import WasmEngine

/// Reading, writing and seeking. The kernel reads and writes guest memory itself: nothing is copied on the way.
///
/// Errors of all: `badf`, `notcapable`, `isdir` for a directory, `spipe` for a position in what has none, and the
/// kernel's own. All pointers are checked before the first byte moves.
enum TransferFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("fd_read", [.i32, .i32, .i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try read(call.context, memory, values[u32: 0], values[u32: 1], values[u32: 2], result: values[u32: 3])
        },
        Preview1Function("fd_write", [.i32, .i32, .i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try write(call.context, memory, values[u32: 0], values[u32: 1], values[u32: 2], result: values[u32: 3])
        },
        Preview1Function("fd_pread", [.i32, .i32, .i32, .i64, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try readAt(
                call.context, memory, values[u32: 0], values[u32: 1], values[u32: 2], offset: values[u64: 3],
                result: values[u32: 4])
        },
        Preview1Function("fd_pwrite", [.i32, .i32, .i32, .i64, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try writeAt(
                call.context, memory, values[u32: 0], values[u32: 1], values[u32: 2], offset: values[u64: 3],
                result: values[u32: 4])
        },
        Preview1Function("fd_seek", [.i32, .i64, .i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            let origin = try origin(values[u32: 2], call.dialect)
            try seek(call.context, memory, values[u32: 0], values[i64: 1], from: origin, result: values[u32: 3])
        },
        Preview1Function("fd_tell", [.i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try seek(call.context, memory, values[u32: 0], 0, from: .current, result: values[u32: 1])
        },
    ]

    /// `fd_read`: reads at the offset and moves it. Fewer bytes than asked for are no error; none is the end.
    static func read(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ vectors: UInt32,
        _ count: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.file(number, needing: .fdRead)
        let target = try memory.range(at: result, count: 4)
        let read = try memory.withVectors(at: vectors, count: count, context.limits) { (vectors) throws(Errno) in
            try slot.resource.read(into: vectors, context.rests)
        }
        target.storeBytes(of: UInt32(truncatingIfNeeded: read).littleEndian, as: UInt32.self)
    }

    /// `fd_write`: writes at the offset and moves it, or at the end of a file opened for appending.
    static func write(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ vectors: UInt32,
        _ count: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.file(number, needing: .fdWrite)
        let target = try memory.range(at: result, count: 4)
        let written = try memory.withVectors(at: vectors, count: count, context.limits) { (vectors) throws(Errno) in
            try slot.resource.write(vectors)
        }
        target.storeBytes(of: UInt32(truncatingIfNeeded: written).littleEndian, as: UInt32.self)
    }

    /// `fd_pread`: reads at a position of its own. `inval` for one past the largest file.
    static func readAt(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ vectors: UInt32,
        _ count: UInt32, offset: UInt64, result: UInt32
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.file(number, needing: [.fdRead, .fdSeek])
        guard let offset = Int64(exactly: offset) else { throw .errno(.inval) }
        let target = try memory.range(at: result, count: 4)
        let read = try memory.withVectors(at: vectors, count: count, context.limits) { (vectors) throws(Errno) in
            try TransferCalls.read(slot.resource.hostDescriptor, at: offset, into: vectors)
        }
        target.storeBytes(of: UInt32(truncatingIfNeeded: read).littleEndian, as: UInt32.self)
    }

    /// `fd_pwrite`: writes at a position of its own; a file opened for appending appends, as on Linux.
    static func writeAt(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ vectors: UInt32,
        _ count: UInt32, offset: UInt64, result: UInt32
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.file(number, needing: [.fdWrite, .fdSeek])
        guard let offset = Int64(exactly: offset) else { throw .errno(.inval) }
        let target = try memory.range(at: result, count: 4)
        let written = try memory.withVectors(at: vectors, count: count, context.limits) { (vectors) throws(Errno) in
            try TransferCalls.write(slot.resource.hostDescriptor, at: offset, vectors)
        }
        target.storeBytes(of: UInt32(truncatingIfNeeded: written).littleEndian, as: UInt32.self)
    }

    /// `fd_seek` and `fd_tell`: the right to tell is enough to ask where the offset is. `inval` for a place before
    /// the start.
    static func seek(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ offset: Int64,
        from origin: TransferCalls.SeekOrigin, result: UInt32
    ) throws(Preview1Failure) {
        let onlyTells = offset == 0 && origin == .current
        let slot = try context.descriptors.file(number, needing: [])
        guard slot.base.contains(.fdSeek) || (onlyTells && slot.base.contains(.fdTell)) else {
            throw slot.resource.refusal(of: .fdSeek)
        }
        let target = try memory.range(at: result, count: 8)
        let place = try guestErrno { () throws(Errno) in
            try TransferCalls.seek(slot.resource.hostDescriptor, offset, from: origin)
        }
        target.storeBytes(of: UInt64(bitPattern: place).littleEndian, as: UInt64.self)
    }

    /// `whence`: set, cur, end; in `wasi_unstable` cur, end, set.
    private static func origin(
        _ whence: UInt32, _ dialect: Preview1Dialect
    ) throws(Preview1Failure) -> TransferCalls.SeekOrigin {
        switch (whence, dialect) {
        case (0, .snapshot), (2, .unstable): .start
        case (1, .snapshot), (0, .unstable): .current
        case (2, .snapshot), (1, .unstable): .end
        default: throw .errno(.inval)
        }
    }
}

extension DescriptorTable {
    /// What can be read, written or sized: `isdir` for a directory.
    func file(_ number: UInt32, needing rights: Preview1Rights) throws(Preview1Failure) -> Slot {
        let slot = try slot(number)
        if case .directory = slot.resource { throw .errno(.isdir) }
        guard slot.base.isSuperset(of: rights) else { throw slot.resource.refusal(of: rights.subtracting(slot.base)) }
        return slot
    }
}

extension DescriptorResource {
    /// Why a right is missing: what has no position says so, as programs ask for it by seeking.
    func refusal(of missing: Preview1Rights) -> Preview1Failure {
        switch self {
        case .stream, .socket: .errno(missing.isSubset(of: [.fdSeek, .fdTell]) ? .spipe : .notcapable)
        case .file, .directory: .errno(.notcapable)
        }
    }

    /// Reads at the offset of a file or stream; a socket receives, under its policy.
    func read(into vectors: UnsafeBufferPointer<IOVector>, _ rests: Rests) throws(Errno) -> Int {
        let kind: FileStatus.Kind
        switch self {
        case .socket(let socket):
            do throws(SocketFailure) { return try socket.receive(into: vectors).count } catch { throw error.errno }
        case .stream(let stream): kind = stream.kind
        case .file(let file): kind = file.kind
        case .directory: kind = .directory
        }
        try waitUnlessNonBlocking(.readable)
        if kind != .regular && kind != .directory { return try rests.read(hostDescriptor, into: vectors) }
        return try TransferCalls.read(hostDescriptor, into: vectors)
    }

    /// Writes at the offset of a file or stream; a socket sends, and never raises SIGPIPE.
    func write(_ vectors: UnsafeBufferPointer<IOVector>) throws(Errno) -> Int {
        if case .socket(let socket) = self {
            do throws(SocketFailure) { return try socket.send(vectors) } catch { throw error.errno }
        }
        try waitUnlessNonBlocking(.writable)
        return try TransferCalls.write(hostDescriptor, vectors)
    }

    /// `again` for a standard stream that isn't ready and was asked not to wait. All others know by themselves.
    func waitUnlessNonBlocking(_ events: PollEvents) throws(Errno) {
        guard case .stream(let stream) = self, stream.isNonBlocking else { return }
        if try !stream.isReady(events) { throw .again }
    }
}
