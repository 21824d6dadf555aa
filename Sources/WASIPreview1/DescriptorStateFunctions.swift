import HostCapabilities
import SystemCalls
import WasmEngine

/// `fd_fdstat_*` and `fd_prestat_*`: what a descriptor is and may do, and what it was preopened as.
enum DescriptorStateFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("fd_fdstat_get", [.i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try state(call.context, memory, values[u32: 0], result: values[u32: 1])
        },
        Preview1Function("fd_fdstat_set_flags", [.i32, .i32]) { (call, _, values) throws(Preview1Failure) in
            try setFlags(call.context, values[u32: 0], try Preview1DescriptorFlags(argument: values[u32: 1]))
        },
        Preview1Function("fd_fdstat_set_rights", [.i32, .i64, .i64]) { (call, _, values) throws(Preview1Failure) in
            try call.context.descriptors.narrow(
                values[u32: 0], base: Preview1Rights(rawValue: values[u64: 1]),
                inheriting: Preview1Rights(rawValue: values[u64: 2]))
        },
        Preview1Function("fd_prestat_get", [.i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try preopen(call.context, memory, values[u32: 0], result: values[u32: 1])
        },
        Preview1Function("fd_prestat_dir_name", [.i32, .i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try preopenName(call.context, memory, values[u32: 0], buffer: values[u32: 1], count: values[u32: 2])
        },
    ]

    /// wasi-libc takes a character device without the right to seek for a terminal: what is none mustn't look like one.
    private static func fileType(of stream: StandardStream) -> Preview1FileType {
        stream.kind == .characterDevice && !stream.isTerminal ? .unknown : Preview1FileType(stream.kind)
    }

    /// `fd_fdstat_get`: kind, flags and rights. Needs no right, as everybody who holds a descriptor may know them.
    static func state(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.slot(number)
        let flags = try flags(of: slot.resource)
        let type =
            switch slot.resource {
            case .stream(let stream): fileType(of: stream)
            case .file(let file): Preview1FileType(file.kind)
            case .directory: Preview1FileType.directory
            case .socket(let socket): socket.fileType
            }
        let target = try memory.range(at: result, count: 24)
        target.storeBytes(of: UInt64(type.rawValue).littleEndian, toByteOffset: 0, as: UInt64.self)
        target.storeBytes(of: flags.rawValue.littleEndian, toByteOffset: 2, as: UInt16.self)
        target.storeBytes(of: slot.base.rawValue.littleEndian, toByteOffset: 8, as: UInt64.self)
        target.storeBytes(of: slot.inheriting.rawValue.littleEndian, toByteOffset: 16, as: UInt64.self)
    }

    private static func flags(of resource: DescriptorResource) throws(Preview1Failure) -> Preview1DescriptorFlags {
        if case .directory = resource { return [] }
        var flags = Preview1DescriptorFlags(
            try guestErrno { () throws(Errno) in try TransferCalls.statusFlags(resource.hostDescriptor) })
        if case .stream(let stream) = resource {
            flags.remove(.nonblock)
            if stream.isNonBlocking { flags.insert(.nonblock) }
        }
        return flags
    }

    /// `fd_fdstat_set_flags`: append and non-blocking can change.
    ///
    /// Errors: `inval` for a synchronizing flag that the descriptor wasn't opened with, `notsup` for appending to a
    /// standard stream that doesn't, since its open file belongs to others too.
    static func setFlags(
        _ context: Preview1Context, _ number: UInt32, _ wanted: Preview1DescriptorFlags
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.slot(number, needing: .fdFdstatSetFlags)
        if case .directory = slot.resource {
            guard wanted.isEmpty else { throw .errno(.inval) }
            return
        }
        let present = try flags(of: slot.resource)
        let fixed: Preview1DescriptorFlags = [.dsync, .rsync, .sync]
        let given = present.contains(.sync) ? fixed : present.intersection(fixed)
        guard wanted.intersection(fixed).isSubset(of: given) else { throw .errno(.inval) }
        if case .stream(let stream) = slot.resource {
            guard !wanted.contains(.append) || present.contains(.append) else { throw .errno(.notsup) }
            stream.isNonBlocking = wanted.contains(.nonblock)
            return
        }
        var flags: OpenFlags = []
        if wanted.contains(.append) { flags.insert(.append) }
        if wanted.contains(.nonblock) { flags.insert(.nonBlocking) }
        let kernelFlags = flags
        try guestErrno { () throws(Errno) in
            try TransferCalls.setStatusFlags(slot.resource.hostDescriptor, kernelFlags)
        }
    }

    /// The only tag that the specification has, and one for a listener. wasi-libc, Go and Zig look from 3 on for what was
    /// preopened: they pass over a tag that they don't know, and stop at an error.
    private static let directoryTag: UInt32 = 0
    private static let listenerTag: UInt32 = 1

    /// `fd_prestat_get`: `badf` for what wasn't preopened, which is where wasi-libc stops looking.
    static func preopen(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let tag: UInt32
        let length: Int
        switch try context.descriptors.slot(number).resource {
        case .directory(let entry):
            guard let path = entry.preopenedAs else { throw .errno(.badf) }
            (tag, length) = (directoryTag, path.utf8.count)
        case .socket where context.isPreopenedListener(number): (tag, length) = (listenerTag, 0)
        case .socket, .file, .stream: throw .errno(.badf)
        }
        let target = try memory.range(at: result, count: 8)
        target.storeBytes(of: tag.littleEndian, toByteOffset: 0, as: UInt32.self)
        target.storeBytes(of: UInt32(clamping: length).littleEndian, toByteOffset: 4, as: UInt32.self)
    }

    /// `fd_prestat_dir_name`: the path without a zero. `notdir` for what wasn't preopened, `nametoolong` if it
    /// doesn't fit.
    static func preopenName(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, buffer: UInt32, count: UInt32
    ) throws(Preview1Failure) {
        let resource = try context.descriptors.slot(number).resource
        if case .socket = resource, context.isPreopenedListener(number) { return }
        guard case .directory(let entry) = resource, let path = entry.preopenedAs else { throw .errno(.notdir) }
        guard path.utf8.count <= Int(count) else { throw .errno(.nametoolong) }
        try memory.range(at: buffer, count: UInt32(path.utf8.count)).copyBytes(from: path.utf8)
    }
}
