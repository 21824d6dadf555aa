import Archive
import SystemCalls

// When nothing more changes in them, the directories of a layer get what it says of them, the deepest first.
extension LayerUnpacker {
    func finishDirectories() throws(UnpackError) {
        directories.leaveAll()
        do throws(Errno) {
            try finish(LayerRecord.root, root.descriptor.rawValue)
        } catch { throw failed("setting what the layer says of its directories", error) }
    }

    /// Its depth is that of the names: at most `pathDepth`, each level with one open descriptor.
    private func finish(_ node: LayerRecord.NodeID, _ descriptor: Int32) throws(Errno) {
        for (name, child) in record[node].children where record[child].plan != nil {
            entryName = readable(name)
            let opened = try TreeDirectory.open(name, in: descriptor)
            try finish(child, opened.descriptor.rawValue)
        }
        switch record[node].plan {
        case nil: break
        case .implicit: try OwnershipCalls.setPermissions(of: descriptor, 0o755)
        case .entry(let entry): try setMetadata(of: descriptor, entry)
        case .keep(let times, let permissions):
            if let permissions { try OwnershipCalls.setPermissions(of: descriptor, permissions) }
            try FileCalls.setTimes(of: descriptor, times)
        }
    }
}
