import HostCapabilities
import SystemCalls
import WasmEngine

/// The functions on a descriptor as such: its state, its attributes, its number.
///
/// Errors of all: `badf` for a number that isn't open, `notcapable` for a right that it lacks, and the kernel's own.
enum DescriptorFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("fd_advise", [.i32, .i64, .i64, .i32]) { (call, _, values) throws(Preview1Failure) in
            try advise(
                call.context, values[u32: 0], offset: values[u64: 1], count: values[u64: 2], advice: values[u32: 3])
        },
        Preview1Function("fd_allocate", [.i32, .i64, .i64]) { (call, _, values) throws(Preview1Failure) in
            try allocate(call.context, values[u32: 0], offset: values[u64: 1], count: values[u64: 2])
        },
        Preview1Function("fd_close", [.i32]) { (call, _, values) throws(Preview1Failure) in
            _ = try call.context.descriptors.remove(values[u32: 0])
        },
        Preview1Function("fd_datasync", [.i32]) { (call, _, values) throws(Preview1Failure) in
            try synchronize(call.context, values[u32: 0], dataOnly: true)
        },
        Preview1Function("fd_sync", [.i32]) { (call, _, values) throws(Preview1Failure) in
            try synchronize(call.context, values[u32: 0], dataOnly: false)
        },
        Preview1Function("fd_filestat_get", [.i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try status(call, memory, values[u32: 0], result: values[u32: 1])
        },
        Preview1Function("fd_filestat_set_size", [.i32, .i64]) { (call, _, values) throws(Preview1Failure) in
            try setSize(call.context, values[u32: 0], values[u64: 1])
        },
        Preview1Function("fd_filestat_set_times", [.i32, .i64, .i64, .i32]) {
            (call, _, values) throws(Preview1Failure) in
            try setTimes(
                call.context, values[u32: 0],
                try FileTimes(flags: values[u32: 3], accessed: values[u64: 1], modified: values[u64: 2]))
        },
        Preview1Function("fd_renumber", [.i32, .i32]) { (call, _, values) throws(Preview1Failure) in
            try call.context.descriptors.renumber(values[u32: 0], to: values[u32: 1])
        },
    ]

    /// `fd_advise`: `inval` for advice or an offset that doesn't exist, `isdir` for a directory, `spipe` for a pipe.
    static func advise(
        _ context: Preview1Context, _ number: UInt32, offset: UInt64, count: UInt64, advice: UInt32
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.file(number, needing: .fdAdvise)
        guard let advice = Self.advice(advice), let offset = Int64(exactly: offset), let count = Int64(exactly: count)
        else { throw .errno(.inval) }
        try guestErrno { () throws(Errno) in
            try TransferCalls.advise(slot.resource.hostDescriptor, offset: offset, count: count, advice)
        }
    }

    private static func advice(_ number: UInt32) -> TransferCalls.Advice? {
        switch number {
        case 0: .normal
        case 1: .sequential
        case 2: .random
        case 3: .willNeed
        case 4: .dontNeed
        case 5: .noReuse
        default: nil
        }
    }

    /// `fd_allocate`: `inval` for an empty range or one past the largest file, `isdir` for a directory, `nospc`.
    static func allocate(
        _ context: Preview1Context, _ number: UInt32, offset: UInt64, count: UInt64
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.file(number, needing: .fdAllocate)
        guard let offset = Int64(exactly: offset), let count = Int64(exactly: count),
            !offset.addingReportingOverflow(count).overflow
        else { throw .errno(.inval) }
        try guestErrno { () throws(Errno) in
            if case .file(let file) = slot.resource {
                try file.allocate(offset: offset, count: count)
            } else {
                try TransferCalls.allocate(slot.resource.hostDescriptor, offset: offset, count: count)
            }
        }
    }

    /// `fd_sync` and `fd_datasync`: `inval` for what can't be synchronized, such as a pipe.
    static func synchronize(
        _ context: Preview1Context, _ number: UInt32, dataOnly: Bool
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.slot(number, needing: dataOnly ? .fdDatasync : .fdSync)
        try guestErrno { () throws(Errno) in
            try TransferCalls.synchronize(slot.resource.hostDescriptor, dataOnly: dataOnly)
        }
    }

    /// `fd_filestat_get`.
    static func status(
        _ call: Preview1Call, _ memory: borrowing GuestMemory, _ number: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let slot = try call.context.descriptors.slot(number, needing: .fdFilestatGet)
        let status = try guestErrno { () throws(Errno) in
            try FileCalls.status(of: slot.resource.hostDescriptor)
        }
        try status.write(memory, at: result, call.dialect)
    }

    /// `fd_filestat_set_size`: `inval` for a descriptor that isn't open for writing, `isdir`, `rofs`, `fbig`.
    static func setSize(_ context: Preview1Context, _ number: UInt32, _ size: UInt64) throws(Preview1Failure) {
        let slot = try context.descriptors.file(number, needing: .fdFilestatSetSize)
        guard let size = Int64(exactly: size) else { throw .errno(.inval) }
        try guestErrno { () throws(Errno) in
            if case .file(let file) = slot.resource {
                try file.setSize(size)
            } else {
                try TransferCalls.truncate(slot.resource.hostDescriptor, to: size)
            }
        }
    }

    /// `fd_filestat_set_times`: `inval` for contradicting flags, `rofs` on a read-only mount.
    static func setTimes(_ context: Preview1Context, _ number: UInt32, _ times: FileTimes) throws(Preview1Failure) {
        let slot = try context.descriptors.slot(number, needing: .fdFilestatSetTimes)
        try guestErrno { () throws(Errno) in
            switch slot.resource {
            case .file(let file): try file.setTimes(times)
            case .directory(let entry): try entry.directory.setTimes(times)
            case .stream, .socket: try FileCalls.setTimes(of: slot.resource.hostDescriptor, times)
            }
        }
    }
}
