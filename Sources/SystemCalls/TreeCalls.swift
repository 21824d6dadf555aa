import CLinuxShims
import Glibc

/// Calls on whole directories: their names, and two that change places; see `FileCalls`.
public enum TreeCalls {
    /// renameat2(2) with RENAME_EXCHANGE: the two names change places.
    public static func exchange(
        _ one: UnsafePointer<CChar>, in oneDirectory: Int32, with other: UnsafePointer<CChar>, in otherDirectory: Int32
    ) throws(Errno) {
        try FileCalls.succeed { martlet_renameat2(oneDirectory, one, otherDirectory, other, 2) }
    }

    /// Every name in a directory from its start, `.` and `..` left out, each with a zero at its end.
    ///
    /// The list is read whole before it is returned: names may be removed while it is walked.
    public static func names(in directory: Int32) throws(Errno) -> [[CChar]] { try names(in: directory, kind: nil) }

    /// The names of the directories in a directory, the same way.
    ///
    /// For file systems that tell the kind of an entry with its name, as those of control groups do.
    public static func directories(in directory: Int32) throws(Errno) -> [[CChar]] {
        try names(in: directory, kind: UInt8(DT_DIR))
    }

    private static func names(in directory: Int32, kind: UInt8?) throws(Errno) -> [[CChar]] {
        _ = try TransferCalls.seek(directory, 0, from: .start)
        var names: [[CChar]] = []
        let area = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 15, alignment: 8)
        defer { area.deallocate() }
        while true {
            let count = try TransferCalls.entries(of: directory, into: area)
            if count == 0 { return names }
            append(UnsafeRawBufferPointer(rebasing: area[..<count]), of: kind, to: &names)
        }
    }

    /// The names in one answer of getdents64(2): inode 8, offset 8, length 2, type 1, name with a zero at its end.
    private static func append(_ entries: UnsafeRawBufferPointer, of kind: UInt8?, to names: inout [[CChar]]) {
        var start = 0
        while start + 19 < entries.count {
            let length = Int(entries.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
            guard length > 19, start + length <= entries.count else { return }
            let name = entries[(start + 19)..<(start + length)].prefix { $0 != 0 }
            let isWanted = kind.map { $0 == entries[start + 18] } ?? true
            if isWanted, !name.elementsEqual([0x2e]), !name.elementsEqual([0x2e, 0x2e]) {
                names.append(name.map { CChar(bitPattern: $0) } + [0])
            }
            start += length
        }
    }
}

extension FileStatus {
    /// The two times, as setting them again would take them.
    public var times: FileTimes {
        FileTimes(
            accessed: .set(seconds: Int64(raw.st_atim.tv_sec), nanoseconds: Int64(raw.st_atim.tv_nsec)),
            modified: .set(seconds: Int64(raw.st_mtim.tv_sec), nanoseconds: Int64(raw.st_mtim.tv_nsec)))
    }
}
