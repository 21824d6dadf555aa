import CArchive
import SystemCalls

extension ArchiveEntry {
    /// Takes over what libarchive read. Checks every number before it is believed.
    init(_ header: OpaquePointer, number: UInt64) throws(ArchiveError) {
        guard let name = archive_entry_pathname(header) else {
            throw .malformed(where: "entry \(number)", reason: "it has no name")
        }
        let path = bytes(name)
        let place = "\"\(String(printable: path))\""
        self.init(
            path: path, kind: try Kind(header, place: place),
            permissions: UInt32(archive_entry_perm(header)) & 0o7777,
            owner: try identity(archive_entry_uid(header), "owner", place: place),
            group: try identity(archive_entry_gid(header), "group", place: place),
            modified: Timestamp(archive_entry_mtime(header), archive_entry_mtime_nsec(header)))
        if archive_entry_atime_is_set(header) != 0 {
            accessed = Timestamp(archive_entry_atime(header), archive_entry_atime_nsec(header))
        }
        guard archive_entry_size(header) >= 0 else { throw .malformed(where: place, reason: "a negative size") }
        if kind == .regular { size = UInt64(archive_entry_size(header)) }
        extendedAttributes = attributes(header)
        extents = try sparseMap(header, size: size, place: place)
    }
}

extension ArchiveEntry.Timestamp {
    fileprivate init(_ seconds: time_t, _ nanoseconds: CLong) {
        self.init(seconds: Int64(seconds), nanoseconds: UInt32(clamping: nanoseconds))
    }
}

extension ArchiveEntry.Kind {
    fileprivate init(_ header: OpaquePointer, place: String) throws(ArchiveError) {
        if let target = archive_entry_hardlink(header) {
            self = .hardLink(target: bytes(target))
            return
        }
        // <archive_entry.h> has these as macros with casts, which Swift can't import.
        switch archive_entry_filetype(header) {
        case 0o100000: self = .regular
        case 0o040000: self = .directory
        case 0o120000: self = .symbolicLink(target: archive_entry_symlink(header).map(bytes) ?? [])
        case 0o020000:
            self = .characterDevice(major: try deviceMajor(header, place), minor: try deviceMinor(header, place))
        case 0o060000: self = .blockDevice(major: try deviceMajor(header, place), minor: try deviceMinor(header, place))
        case 0o010000: self = .pipe
        default: throw .malformed(where: place, reason: "a kind of file that doesn't exist")
        }
    }
}

private func deviceMajor(_ header: OpaquePointer, _ place: String) throws(ArchiveError) -> UInt32 {
    try deviceNumber(archive_entry_rdevmajor(header), limit: 1 << 12, place)
}

private func deviceMinor(_ header: OpaquePointer, _ place: String) throws(ArchiveError) -> UInt32 {
    try deviceNumber(archive_entry_rdevminor(header), limit: 1 << 20, place)
}

/// Linux has 12 bits for the major and 20 for the minor number.
private func deviceNumber(_ number: dev_t, limit: UInt32, _ place: String) throws(ArchiveError) -> UInt32 {
    guard let number = UInt32(exactly: number), number < limit else {
        throw .malformed(where: place, reason: "a device number that Linux doesn't have")
    }
    return number
}

/// 4,294,967,295 means "no change" to the kernel, so it isn't an owner either.
private func identity(_ number: Int64, _ what: String, place: String) throws(ArchiveError) -> UInt32 {
    guard let identity = UInt32(exactly: number), identity != .max else {
        throw .malformed(where: place, reason: "\(what) \(number) is outside of 0 to 4294967294")
    }
    return identity
}

private func bytes(_ string: UnsafePointer<CChar>) -> [UInt8] {
    // SAFETY: libarchive ends its strings with a zero and keeps them until the entry changes.
    Array(UnsafeRawBufferPointer(start: string, count: martlet_archive_length(string)))
}

private func attributes(_ header: OpaquePointer) -> [ArchiveEntry.ExtendedAttribute] {
    guard archive_entry_xattr_reset(header) > 0 else { return [] }
    var attributes: [ArchiveEntry.ExtendedAttribute] = []
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var count = 0
    while archive_entry_xattr_next(header, &name, &value, &count) == ARCHIVE_OK {
        guard let name else { continue }
        // SAFETY: libarchive keeps `count` bytes at `value` until the entry changes.
        attributes.append(.init(name: bytes(name), value: Array(UnsafeRawBufferPointer(start: value, count: count))))
    }
    return attributes
}

private func sparseMap(
    _ header: OpaquePointer, size: UInt64, place: String
) throws(ArchiveError) -> [ArchiveEntry.Extent] {
    guard archive_entry_sparse_reset(header) > 0 else { return [] }
    var extents: [ArchiveEntry.Extent] = []
    var offset: Int64 = 0
    var count: Int64 = 0
    while archive_entry_sparse_next(header, &offset, &count) == ARCHIVE_OK {
        guard let offset = UInt64(exactly: offset), let count = UInt64(exactly: count), offset <= size,
            count <= size - offset
        else { throw .malformed(where: place, reason: "a sparse map that leaves the file") }
        extents.append(.init(offset: offset, count: count))
    }
    return extents
}
