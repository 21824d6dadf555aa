import Archive
import SystemCalls

extension LayerUnpacker {
    /// Device nodes, where we may, and named pipes.
    func makeNode(
        _ entry: ArchiveEntry, _ name: [CChar], in parent: OpenDirectory, _ node: OwnershipCalls.Node
    ) throws(UnpackError) {
        guard node == .pipe || privileges.makesDevices else { return skipDevice(entry) }
        var isForbidden = false
        try create("mknodat", name, in: parent) { () throws(Errno) in
            do throws(Errno) {
                try OwnershipCalls.makeNode(node, name, in: parent.descriptor.rawValue)
            } catch {
                guard error == .notPermitted, node != .pipe else { throw error }
                isForbidden = true
            }
        }
        if isForbidden { return skipDevice(entry) }
        do throws(Errno) {
            try setMetadata(ofName: name, in: parent.descriptor.rawValue, entry)
        } catch { throw failed("fchmodat", error) }
    }

    private func skipDevice(_ entry: ArchiveEntry) { summary.note(.deviceSkipped, entry.displayName) }
}
