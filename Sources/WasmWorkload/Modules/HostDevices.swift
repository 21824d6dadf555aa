import SystemCalls

/// Block devices that are hardware of this host's, or are made from it.
enum HostDevices {
    /// Whether a device is one: not a file's (loop), a server's (nbd, ublk), or an image's that only dm-verity vouches for.
    static func contain(_ device: DeviceNumber) -> Bool { contain(folder: "/sys/dev/block/\(device)", depth: 0) }

    /// Volumes over volumes, at most.
    private static let depthLimit = 8
    private static let slaveLimit = 256

    private static func contain(folder: String, depth: Int) -> Bool {
        guard depth < depthLimit, let target = try? Files.target(ofLink: folder) else { return false }
        let parts = target.pathParts
        guard let block = parts.lastIndex(of: "block"), block + 1 < parts.count else { return false }
        guard block > 0, parts[block - 1] == "virtual" else { return true }
        switch parts[block + 1].prefix(while: { $0.isLetter }) {
        case "zram", "ram": return true
        case "dm", "md", "bcache": break
        default: return false
        }
        // A partition stands in its disk's folder.
        let disk = block + 2 < parts.count ? "\(folder)/.." : folder
        let id = (try? Files.contents(of: "\(disk)/dm/uuid", limit: 4096)) ?? []
        if id.starts(with: "CRYPT-VERITY-".utf8) { return false }
        guard let slaves = try? Files.names(inDirectory: "\(disk)/slaves", limit: slaveLimit), !slaves.isEmpty else {
            return false
        }
        return slaves.allSatisfy { slave in
            guard let number = try? Files.contents(of: "\(disk)/slaves/\(slave)/dev", limit: 64) else { return false }
            let text = String(decoding: number, as: UTF8.self).prefix { !$0.isNewline }
            return contain(folder: "/sys/dev/block/\(text)", depth: depth + 1)
        }
    }
}
