import WasmEngine

/// What the processes that work for clients tell the zygote for its own sake. They are martlet's own code, and are read as
/// strictly as a client.
enum ZygoteReport: Equatable, Sendable {
    /// A container goes on when the process that made it ends: it becomes the zygote's child.
    case container(process: Int32, root: String, id: String)
    /// A module wasn't at hand: the next one who wants it should find it mapped.
    case module(store: String, FileIdentity)

    static let sizeLimit = 12 << 10

    var bytes: [UInt8] {
        var writer = PacketWriter()
        switch self {
        case .container(let process, let root, let id):
            writer.add(UInt8(1))
            writer.add(process)
            writer.add(root)
            writer.add(id)
        case .module(let store, let file):
            writer.add(UInt8(2))
            writer.add(store)
            for number in [file.device, file.inode, file.size] { writer.add(number) }
            for time in [file.modified, file.changed] { writer.add(UInt64(bitPattern: time)) }
        }
        return writer.bytes
    }

    init?(_ bytes: [UInt8]) {
        var reader = PacketReader(bytes)
        do throws(PacketError) {
            switch try reader.number(UInt8.self) {
            case 1: self = .container(process: try reader.signed(), root: try reader.text(), id: try reader.text())
            case 2:
                let store = try reader.text()
                let numbers = (
                    try reader.number(UInt64.self), try reader.number(UInt64.self), try reader.number(UInt64.self)
                )
                let times = (try reader.number(UInt64.self), try reader.number(UInt64.self))
                self = .module(
                    store: store,
                    FileIdentity(
                        device: numbers.0, inode: numbers.1, size: numbers.2, modified: Int64(bitPattern: times.0),
                        changed: Int64(bitPattern: times.1)))
            default: return nil
            }
            try reader.end()
        } catch { return nil }
    }
}
