import SystemCalls

// image-spec, "Whiteouts": they hide what lower layers hold, never entries of their own layer, wherever those stand.
extension LayerUnpacker {
    /// `.wh.NAME`
    func hide(_ name: [CChar], in path: EntryPath) throws(UnpackError) {
        guard let parent = try openParent(of: path, creating: false) else { return }
        try hide(name, in: parent.descriptor.rawValue, node: parent.node)
    }

    /// `.wh..wh..opq`
    func hideAll(in path: EntryPath) throws(UnpackError) {
        guard let directory = try openParent(of: path, creating: false) else { return }
        try hideAll(in: directory.descriptor.rawValue, node: directory.node)
    }

    private func hide(_ name: [CChar], in directory: Int32, node: LayerRecord.NodeID) throws(UnpackError) {
        do throws(Errno) {
            guard let own = record.child(name, of: node), record[own].isOfThisLayer else {
                try TreeRemoval.remove(name, in: directory)
                return record.forget(name, of: node)
            }
        } catch {
            if error == .noSuchFile { return record.forget(name, of: node) }
            throw failed("unlinkat", error)
        }
        // The layer has a file of that name, or a directory whose lower content goes.
        guard let own = record.child(name, of: node), record[own].plan != nil else { return }
        let lower = try openOwn(name, in: directory, node: own)
        try hideAll(in: lower.rawValue, node: own)
    }

    private func openOwn(
        _ name: [CChar], in directory: Int32, node: LayerRecord.NodeID
    ) throws(UnpackError) -> OwnedDescriptor {
        do throws(Errno) {
            let opened = try TreeDirectory.open(name, in: directory)
            try prepare(node, opened.descriptor.rawValue, closedBy: opened.closedBy)
            return opened.take()
        } catch { throw failed("openat2", error) }
    }

    private func hideAll(in directory: Int32, node: LayerRecord.NodeID) throws(UnpackError) {
        let names: [[CChar]]
        do throws(Errno) {
            names = try TreeCalls.names(in: directory)
        } catch { throw failed("getdents64", error) }
        for name in names { try hide(name, in: directory, node: node) }
    }
}
