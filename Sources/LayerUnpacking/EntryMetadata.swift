import Archive
import SystemCalls

// Order matters: a change of owner clears set-id bits and capabilities, and any change but the last sets the times.
extension LayerUnpacker {
    /// Owner, permissions, attributes and times of an open file or directory, as an entry has them.
    func setMetadata(of descriptor: Int32, _ entry: ArchiveEntry) throws(Errno) {
        let isOwned = try setOwner(entry) { () throws(Errno) in
            try OwnershipCalls.setOwner(of: descriptor, user: entry.owner, group: entry.group)
        }
        try OwnershipCalls.setPermissions(of: descriptor, permissions(of: entry, isOwned: isOwned))
        try setAttributes(of: descriptor, entry)
        try FileCalls.setTimes(of: descriptor, entry.times)
    }

    /// The same for what can't be opened without a side effect: links, devices, pipes.
    func setMetadata(ofName name: [CChar], in directory: Int32, _ entry: ArchiveEntry) throws(Errno) {
        let isOwned = try setOwner(entry) { () throws(Errno) in
            try OwnershipCalls.setOwner(name, in: directory, user: entry.owner, group: entry.group)
        }
        // A symbolic link has no permissions of its own.
        if case .symbolicLink = entry.kind {
        } else {
            try OwnershipCalls.setPermissions(name, in: directory, permissions(of: entry, isOwned: isOwned))
        }
        for attribute in entry.extendedAttributes {
            summary.note(.attributeSkipped, "\(entry.displayName): \(String(decoding: attribute.name, as: UTF8.self))")
        }
        try FileCalls.setTimes(name, in: directory, entry.times)
    }

    /// Whether the file has the owner that it should have.
    private func setOwner(_ entry: ArchiveEntry, _ body: () throws(Errno) -> Void) throws(Errno) -> Bool {
        if privileges.setsOwners {
            do throws(Errno) {
                try body()
                return true
            } catch {
                // EINVAL: an owner that this user namespace doesn't have.
                guard error == .notPermitted || error == .invalid else { throw error }
            }
        }
        let isOurs = entry.owner == Processes.effectiveUser && entry.group == Processes.effectiveGroup
        if !isOurs { summary.note(.ownerNotSet, entry.displayName) }
        return isOurs
    }

    /// A set-id bit for another owner than the one meant would hand out our own rights.
    private func permissions(of entry: ArchiveEntry, isOwned: Bool) -> UInt32 {
        guard !isOwned, entry.permissions & 0o6000 != 0 else { return entry.permissions }
        summary.note(.setIDBitsDropped, entry.displayName)
        return entry.permissions & ~0o6000
    }

    private func setAttributes(of descriptor: Int32, _ entry: ArchiveEntry) throws(Errno) {
        for attribute in entry.extendedAttributes {
            var label: String { "\(entry.displayName): \(String(decoding: attribute.name, as: UTF8.self))" }
            guard AttributeRule.isKept(attribute.name) else {
                summary.note(.attributeSkipped, label)
                continue
            }
            guard privileges.setsCapabilities || !AttributeRule.isCapability(attribute.name) else {
                summary.note(.attributeNotSet, label)
                continue
            }
            do throws(Errno) {
                let name = attribute.name.map { CChar(bitPattern: $0) } + [0]
                try attribute.value.span.bytes.withUnsafeBytes { (value) throws(Errno) in
                    try OwnershipCalls.setAttribute(of: descriptor, name, to: value)
                }
            } catch {
                let isRefusal =
                    error == .notPermitted || error == .notSupported || error == .accessDenied || error == .invalid
                guard isRefusal else { throw error }
                summary.note(.attributeNotSet, label)
            }
        }
    }

    /// Gives a directory the attributes of its entry, which states them all: what a lower layer gave it goes.
    func replaceAttributes(of descriptor: Int32, _ entry: ArchiveEntry) throws(Errno) {
        try removeAttributes(of: descriptor)
        try setAttributes(of: descriptor, entry)
    }

    private func removeAttributes(of descriptor: Int32) throws(Errno) {
        let names: [[UInt8]]
        do throws(Errno) {
            names = try OwnershipCalls.attributes(of: descriptor)
        } catch {
            guard error == .notSupported else { throw error }
            return
        }
        for name in names where AttributeRule.isKept(name) {
            try OwnershipCalls.removeAttribute(of: descriptor, name.map { CChar(bitPattern: $0) } + [0])
        }
    }

    func checkAttributes(of entry: ArchiveEntry) throws(UnpackError) {
        guard UInt64(entry.extendedAttributes.count) <= limits[.attributes] else { throw limitReached(.attributes) }
        var bytes: UInt64 = 0
        for attribute in entry.extendedAttributes {
            // Each is in memory: the sum can't overflow.
            bytes += UInt64(attribute.name.count) + UInt64(attribute.value.count)
        }
        guard bytes <= limits[.attributeBytes] else { throw limitReached(.attributeBytes) }
    }
}

/// Which extended attributes are taken over: a program's own, and file capabilities. The others steer the host's kernel
/// (labels, access lists, overlayfs), and what an image says must not.
enum AttributeRule {
    static func isKept(_ name: [UInt8]) -> Bool { name.starts(with: Array("user.".utf8)) || isCapability(name) }

    static func isCapability(_ name: [UInt8]) -> Bool { name == Array("security.capability".utf8) }
}

extension ArchiveEntry {
    /// An entry that states no time of access gets that of its change.
    var times: FileTimes {
        FileTimes(accessed: (accessed ?? modified).change, modified: modified.change)
    }
}

extension ArchiveEntry.Timestamp {
    fileprivate var change: FileTimes.Change { .set(seconds: seconds, nanoseconds: Int64(nanoseconds)) }
}
