import Archive
import SystemCalls

extension LayerUnpacker {
    /// The open directory that an entry stands in, made on the way where it is missing if `creating`; else nil.
    func openParent(of path: EntryPath, creating: Bool) throws(UnpackError) -> OpenDirectory? {
        let components = path.components.dropLast()
        let common = directories.keepCommon(with: components)
        for component in components.dropFirst(common) {
            guard let next = try enter(component, from: directories.current, creating: creating) else { return nil }
            directories.enter(next)
        }
        return directories.current
    }

    private func enter(
        _ name: [CChar], from parent: OpenDirectory, creating: Bool
    ) throws(UnpackError) -> OpenDirectory? {
        for _ in 0..<8 {
            do throws(Errno) {
                let opened = try TreeDirectory.open(name, in: parent.descriptor.rawValue)
                let node = record.node(name, of: parent.node)
                try prepare(node, opened.descriptor.rawValue, closedBy: opened.closedBy)
                return OpenDirectory(opened.take(), name: name, node: node)
            } catch {
                switch error {
                case .noSuchFile: break
                // The kernel says ENOTDIR of a symbolic link that it was told not to follow.
                case .tooManySymbolicLinks, .notDirectory: throw refusal(toEnter: name, from: parent)
                default: throw failed("openat2", error)
                }
            }
            guard creating else { return nil }
            try countEntry()
            do throws(Errno) {
                try FileCalls.makeDirectory(name, in: parent.descriptor.rawValue, mode: 0o700)
                let node = record.node(name, of: parent.node)
                record.plan(.implicit, for: node)
                record.markWritable(node)
            } catch {
                // Somebody else works in the tree: look again.
                if error != .exists { throw failed("mkdirat", error) }
            }
        }
        throw failed("mkdirat", .again)
    }

    private func refusal(toEnter name: [CChar], from parent: OpenDirectory) -> UnpackError {
        let kind = (try? FileCalls.status(name, in: parent.descriptor.rawValue))?.kind
        return refused(
            kind == .symbolicLink
                ? "\"\(readable(name))\" on the way is a symbolic link, and none is followed"
                : "\"\(readable(name))\" on the way isn't a directory")
    }

    /// Sees to it that we may change a directory that was there before, and that it gets back its times.
    func prepare(_ node: LayerRecord.NodeID, _ descriptor: Int32, closedBy: UInt32? = nil) throws(Errno) {
        guard !record[node].isWritable else { return }
        let status = try FileCalls.status(of: descriptor)
        var closedBy = closedBy
        if status.permissions & 0o700 != 0o700 {
            closedBy = status.permissions
            try OwnershipCalls.setPermissions(of: descriptor, status.permissions | 0o700)
        }
        if record[node].plan == nil { record.plan(.keep(status.times, permissions: closedBy), for: node) }
        record.markWritable(node)
    }

    /// A directory entry: made, or taken over from a lower layer with all that it holds; anything else goes.
    func makeDirectory(_ entry: ArchiveEntry, _ name: [CChar], in parent: OpenDirectory) throws(UnpackError) {
        if let known = record.child(name, of: parent.node), let plan = record[known].plan {
            if case .implicit = plan { return try settle(entry, name, in: parent, existed: false) }
        }
        for _ in 0..<8 {
            do throws(Errno) {
                try FileCalls.makeDirectory(name, in: parent.descriptor.rawValue, mode: 0o700)
            } catch {
                guard error == .exists else { throw failed("mkdirat", error) }
                guard try isDirectory(name, in: parent) else {
                    try removeExisting(name, in: parent)
                    continue
                }
                return try settle(entry, name, in: parent, existed: true)
            }
            record.markWritable(record.node(name, of: parent.node))
            return try settle(entry, name, in: parent, existed: false)
        }
        throw failed("mkdirat", .exists)
    }

    private func isDirectory(_ name: [CChar], in parent: OpenDirectory) throws(UnpackError) -> Bool {
        do throws(Errno) {
            return try FileCalls.status(name, in: parent.descriptor.rawValue).kind == .directory
        } catch {
            if error == .noSuchFile { return false }
            throw failed("fstatat", error)
        }
    }

    /// Remembers what the directory becomes when the layer is done. Its attributes are set now: they may be many.
    private func settle(
        _ entry: ArchiveEntry, _ name: [CChar], in parent: OpenDirectory, existed: Bool
    ) throws(UnpackError) {
        let node = record.node(name, of: parent.node)
        record.plan(.entry(entry.withoutAttributes(named: name)), for: node)
        record.claim(node)
        guard existed || !entry.extendedAttributes.isEmpty else { return }
        do throws(Errno) {
            let opened = try TreeDirectory.open(name, in: parent.descriptor.rawValue)
            try replaceAttributes(of: opened.descriptor.rawValue, entry)
        } catch { throw failed("fsetxattr", error) }
    }

    /// The same for the root, which is there already.
    func settleRoot(_ entry: ArchiveEntry) throws(UnpackError) {
        record.plan(.entry(entry.withoutAttributes(named: Array("./".utf8CString))), for: LayerRecord.root)
        do throws(Errno) {
            try replaceAttributes(of: root.descriptor.rawValue, entry)
        } catch { throw failed("fsetxattr", error) }
    }

    /// Removes what stands where an entry goes, with all that it holds.
    func removeExisting(_ name: [CChar], in parent: OpenDirectory) throws(UnpackError) {
        do throws(Errno) {
            try TreeRemoval.remove(name, in: parent.descriptor.rawValue)
        } catch {
            if error != .noSuchFile { throw failed("unlinkat", error) }
        }
        record.forget(name, of: parent.node)
    }
}

/// A component for a message.
func readable(_ name: [CChar]) -> String { String(printable: name.dropLast().map { UInt8(bitPattern: $0) }) }
