import HostCapabilities
import SystemCalls
import WasmEngine

/// The functions that make, remove and describe what a path below a directory means.
///
/// Errors of all: `badf`, `notdir` for a descriptor that is no directory, `notcapable` for a missing right, `perm`
/// for a path that is absolute or leads out of the directory, `noent`, `inval` for a zero byte in a path,
/// `nametoolong`, `rofs` for a change on a read-only mount, and the kernel's own. A path is bytes: it needn't be
/// UTF-8, since names that aren't exist in directories that guests are given, and can then be opened and removed.
enum PathFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("path_create_directory", [.i32, .i32, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try createDirectory(call.context, values[u32: 0], try GuestPath(memory, values, 1))
        },
        Preview1Function("path_filestat_get", [.i32, .i32, .i32, .i32, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try status(
                call, memory, values[u32: 0], try followsLinks(values[u32: 1]), try GuestPath(memory, values, 2),
                result: values[u32: 4])
        },
        Preview1Function("path_filestat_set_times", [.i32, .i32, .i32, .i32, .i64, .i64, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try setTimes(
                call.context, values[u32: 0], try followsLinks(values[u32: 1]), try GuestPath(memory, values, 2),
                try FileTimes(flags: values[u32: 6], accessed: values[u64: 4], modified: values[u64: 5]))
        },
        Preview1Function("path_link", [.i32, .i32, .i32, .i32, .i32, .i32, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try link(
                call.context, values[u32: 0], try followsLinks(values[u32: 1]), try GuestPath(memory, values, 2),
                to: values[u32: 4], try GuestPath(memory, values, 5))
        },
        Preview1Function("path_readlink", [.i32, .i32, .i32, .i32, .i32, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try readLink(
                call.context, memory, values[u32: 0], try GuestPath(memory, values, 1), buffer: values[u32: 3],
                count: values[u32: 4], result: values[u32: 5])
        },
        Preview1Function("path_remove_directory", [.i32, .i32, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try removeDirectory(call.context, values[u32: 0], try GuestPath(memory, values, 1))
        },
        Preview1Function("path_rename", [.i32, .i32, .i32, .i32, .i32, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try rename(
                call.context, values[u32: 0], try GuestPath(memory, values, 1), to: values[u32: 3],
                try GuestPath(memory, values, 4))
        },
        Preview1Function("path_symlink", [.i32, .i32, .i32, .i32, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try makeLink(
                call.context, target: try GuestPath(memory, values, 0), values[u32: 2], try GuestPath(memory, values, 3)
            )
        },
        Preview1Function("path_unlink_file", [.i32, .i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try removeFile(call.context, values[u32: 0], try GuestPath(memory, values, 1))
        },
    ]

    /// `path_create_directory`: `exist`, `noent` without the directory above.
    static func createDirectory(
        _ context: Preview1Context, _ number: UInt32, _ path: GuestPath
    ) throws(Preview1Failure) {
        let (entry, _) = try context.descriptors.directory(number, needing: .pathCreateDirectory)
        try path.use(context) { (path) throws(Errno) in try entry.directory.makeDirectory(path) }
    }

    /// `path_filestat_get`: `loop` for links that lead in a circle.
    static func status(
        _ call: Preview1Call, _ memory: borrowing GuestMemory, _ number: UInt32, _ followLinks: Bool,
        _ path: GuestPath, result: UInt32
    ) throws(Preview1Failure) {
        let (entry, _) = try call.context.descriptors.directory(number, needing: .pathFilestatGet)
        let status = try path.use(call.context) { (path) throws(Errno) in
            try entry.directory.status(of: path, followLinks: followLinks)
        }
        try status.write(memory, at: result, call.dialect)
    }

    /// `path_filestat_set_times`: `inval` for contradicting flags.
    static func setTimes(
        _ context: Preview1Context, _ number: UInt32, _ followLinks: Bool, _ path: GuestPath, _ times: FileTimes
    ) throws(Preview1Failure) {
        let (entry, _) = try context.descriptors.directory(number, needing: .pathFilestatSetTimes)
        try path.use(context) { (path) throws(Errno) in
            try entry.directory.setTimes(of: path, followLinks: followLinks, times)
        }
    }

    /// `path_link`: `inval` when a link at the end of the old path is to be followed, which nobody supports; `exist`;
    /// `perm` for a directory; `xdev` between a writable and a read-only mount.
    ///
    /// The new directory must not allow more than the old one: the second name would be a way around missing rights.
    static func link(
        _ context: Preview1Context, _ oldNumber: UInt32, _ followLinks: Bool, _ old: GuestPath, to newNumber: UInt32,
        _ new: GuestPath
    ) throws(Preview1Failure) {
        let (source, sourceSlot) = try context.descriptors.directory(oldNumber, needing: .pathLinkSource)
        let (target, targetSlot) = try context.descriptors.directory(newNumber, needing: .pathLinkTarget)
        guard targetSlot.inheriting.isSubset(of: sourceSlot.inheriting) else { throw .errno(.notcapable) }
        guard !followLinks else { throw .errno(.inval) }
        try old.use(context, and: new) { (old, new) throws(Errno) in
            try source.directory.link(old, to: target.directory, new)
        }
    }

    /// `path_readlink`: as much of the target as fits; `inval` for what isn't a link.
    static func readLink(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ path: GuestPath,
        buffer: UInt32, count: UInt32, result: UInt32
    ) throws(Preview1Failure) {
        let (entry, _) = try context.descriptors.directory(number, needing: .pathReadlink)
        let size = try memory.range(at: result, count: 4)
        let target = try memory.range(at: buffer, count: count)
        let used = try path.use(context) { (path) throws(Errno) in
            try entry.directory.readLink(path, into: target)
        }
        size.storeBytes(of: UInt32(truncatingIfNeeded: used).littleEndian, as: UInt32.self)
    }

    /// `path_remove_directory`: `notempty`, `notdir` for a file or a link.
    static func removeDirectory(
        _ context: Preview1Context, _ number: UInt32, _ path: GuestPath
    ) throws(Preview1Failure) {
        let (entry, _) = try context.descriptors.directory(number, needing: .pathRemoveDirectory)
        try path.use(context) { (path) throws(Errno) in try entry.directory.removeDirectory(path) }
    }

    /// `path_rename`: as rename(2). The new directory must not allow more than the old one, as for `path_link`.
    static func rename(
        _ context: Preview1Context, _ oldNumber: UInt32, _ old: GuestPath, to newNumber: UInt32, _ new: GuestPath
    ) throws(Preview1Failure) {
        let (source, sourceSlot) = try context.descriptors.directory(oldNumber, needing: .pathRenameSource)
        let (target, targetSlot) = try context.descriptors.directory(newNumber, needing: .pathRenameTarget)
        guard targetSlot.inheriting.isSubset(of: sourceSlot.inheriting) else { throw .errno(.notcapable) }
        try old.use(context, and: new) { (old, new) throws(Errno) in
            try source.directory.rename(old, to: target.directory, new)
        }
    }

    /// `path_symlink`: `perm` for an absolute target below anything but the guest's root, `exist`.
    static func makeLink(
        _ context: Preview1Context, target: GuestPath, _ number: UInt32, _ path: GuestPath
    ) throws(Preview1Failure) {
        let (entry, _) = try context.descriptors.directory(number, needing: .pathSymlink)
        try path.use(context) { (path) throws(Errno) in try entry.directory.makeLink(path, to: target.bytes) }
    }

    /// `path_unlink_file`: `isdir` for a directory, `notdir` for `file/`.
    static func removeFile(
        _ context: Preview1Context, _ number: UInt32, _ path: GuestPath
    ) throws(Preview1Failure) {
        let (entry, _) = try context.descriptors.directory(number, needing: .pathUnlinkFile)
        try path.use(context) { (path) throws(Errno) in try entry.directory.removeFile(path) }
    }
}
