import Archive
import SystemCalls

extension LayerUnpacker {
    func makeSymbolicLink(
        _ entry: ArchiveEntry, _ name: [CChar], in parent: OpenDirectory, _ target: [UInt8]
    ) throws(UnpackError) {
        guard !target.isEmpty else { throw refused("a symbolic link without a target") }
        guard UInt64(target.count) <= limits[.pathBytes] else { throw limitReached(.pathBytes) }
        guard !target.contains(0) else { throw refused("a zero byte in a link's target") }
        let target = target.map { CChar(bitPattern: $0) } + [0]
        try create("symlinkat", name, in: parent) { () throws(Errno) in
            try FileCalls.symbolicLink(to: target, at: name, in: parent.descriptor.rawValue)
        }
        do throws(Errno) {
            try setMetadata(ofName: name, in: parent.descriptor.rawValue, entry)
        } catch { throw failed("utimensat", error) }
    }

    /// Gives a file of this tree one more name. A link to a symbolic link means that link itself.
    func makeHardLink(_ name: [CChar], in parent: OpenDirectory, _ target: [UInt8]) throws(UnpackError) {
        let path: EntryPath
        do throws(Refusal) {
            path = try EntryPath(target, limits: limits, allowingAbsolute: true)
        } catch { throw because(error) }
        guard let targetName = path.components.last else { throw refused("a hard link to the root") }
        let directory = try openTarget(path)
        let old: FileStatus
        do throws(Errno) {
            old = try FileCalls.status(targetName, in: directory.rawValue)
        } catch {
            throw error == .noSuchFile
                ? refused("a hard link to \"\(readable(targetName))\", which isn't there") : failed("fstatat", error)
        }
        guard old.kind != .directory else { throw refused("a hard link to a directory") }
        if isSame(old, name, in: parent) { return record.claim(record.node(name, of: parent.node)) }
        try create("linkat", name, in: parent) { () throws(Errno) in
            try FileCalls.link(targetName, in: directory.rawValue, to: name, in: parent.descriptor.rawValue)
        }
    }

    private func openTarget(_ path: EntryPath) throws(UnpackError) -> OwnedDescriptor {
        do throws(Errno) {
            return try TreeDirectory.open(path.components.dropLast(), from: root.descriptor.rawValue)
        } catch {
            switch error {
            case .noSuchFile: throw refused("a hard link to a file that isn't there")
            case .tooManySymbolicLinks, .crossDevice, .notDirectory:
                throw refused("a hard link whose target lies behind a file or a symbolic link, and none is followed")
            default: throw failed("openat2", error)
            }
        }
    }

    /// Whether the name is already what it shall become: to remove it first could remove the target.
    private func isSame(_ status: FileStatus, _ name: [CChar], in parent: OpenDirectory) -> Bool {
        guard let there = try? FileCalls.status(name, in: parent.descriptor.rawValue) else { return false }
        return there.inode == status.inode && there.device == status.device
    }
}
