/// What the first eight bytes say.
public enum BinaryKind: Hashable, Sendable {
    case module, component

    /// `\0asm`, then the version and layer of a core module or of a component; nil for anything else.
    public init?(preamble bytes: some Collection<UInt8>) {
        var start = Array(bytes.prefix(8))
        guard start.count == 8, Array(start.prefix(4)) == Self.magic else { return nil }
        start.removeFirst(4)
        switch start {
        case [1, 0, 0, 0]: self = .module
        case [0x0d, 0, 1, 0]: self = .component
        default: return nil
        }
    }

    /// What every WebAssembly binary begins with.
    public static let magic: [UInt8] = [0x00, 0x61, 0x73, 0x6d]

    /// How many bytes have to be read to tell.
    public static let preambleSize = 8
}
