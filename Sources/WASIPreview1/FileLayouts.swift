import SystemCalls
import WasmEngine

/// `filetype` of the witx file.
enum Preview1FileType: UInt8 {
    case unknown = 0
    case blockDevice, characterDevice, directory, regularFile, socketDatagram, socketStream, symbolicLink

    /// Preview 1 has no number for a pipe.
    init(_ kind: FileStatus.Kind) {
        self =
            switch kind {
            case .regular: .regularFile
            case .directory: .directory
            case .symbolicLink: .symbolicLink
            case .characterDevice: .characterDevice
            case .blockDevice: .blockDevice
            case .socket: .socketStream
            case .pipe, .unknown: .unknown
            }
    }
}

/// `fdflags` of the witx file.
struct Preview1DescriptorFlags: OptionSet {
    let rawValue: UInt16

    static let append = Preview1DescriptorFlags(rawValue: 1 << 0)
    static let dsync = Preview1DescriptorFlags(rawValue: 1 << 1)
    static let nonblock = Preview1DescriptorFlags(rawValue: 1 << 2)
    static let rsync = Preview1DescriptorFlags(rawValue: 1 << 3)
    static let sync = Preview1DescriptorFlags(rawValue: 1 << 4)

    /// The flags of an argument: `inval` with bits that preview 1 lacks.
    init(argument: UInt32) throws(Preview1Failure) {
        guard argument < 1 << 5 else { throw .errno(.inval) }
        rawValue = UInt16(argument)
    }

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// What the kernel says of an open file. Linux keeps no difference between RSYNC and SYNC.
    init(_ flags: OpenFlags) {
        self = []
        if flags.contains(.append) { insert(.append) }
        if flags.contains(.nonBlocking) { insert(.nonblock) }
        if flags.contains(.synchronized) {
            insert(.sync)
        } else if flags.contains(.dataSynchronized) {
            insert(.dsync)
        }
    }
}

/// `lookupflags` of the witx file: whether a symbolic link at the end of a path is followed.
func followsLinks(_ argument: UInt32) throws(Preview1Failure) -> Bool {
    guard argument < 1 << 1 else { throw .errno(.inval) }
    return argument == 1
}

extension FileTimes {
    /// `fstflags` of the witx file with its two times: `inval` for a time that is to be set and now at once.
    init(flags: UInt32, accessed: UInt64, modified: UInt64) throws(Preview1Failure) {
        guard flags < 1 << 4 else { throw .errno(.inval) }
        func change(_ bits: UInt32, _ time: UInt64) throws(Preview1Failure) -> Change {
            switch bits & 3 {
            case 0: .keep
            case 1: .set(nanosecondsSinceEpoch: time)
            case 2: .now
            default: throw .errno(.inval)
            }
        }
        self.init(accessed: try change(flags, accessed), modified: try change(flags >> 2, modified))
    }
}

extension FileStatus {
    /// Writes a `filestat`: 64 bytes, or 56 in `wasi_unstable`, whose count of links has 32 bits.
    func write(
        _ memory: borrowing GuestMemory, at address: UInt32, _ dialect: Preview1Dialect
    ) throws(Preview1Failure) {
        let times = (bitPattern(accessed), bitPattern(modified), bitPattern(changed))
        let type = Preview1FileType(kind).rawValue
        let target = try memory.range(at: address, count: dialect == .snapshot ? 64 : 56)
        target.storeBytes(of: device.littleEndian, toByteOffset: 0, as: UInt64.self)
        target.storeBytes(of: inode.littleEndian, toByteOffset: 8, as: UInt64.self)
        let size = UInt64(bitPattern: size).littleEndian
        // The type is followed by padding up to the count of links.
        if dialect == .snapshot {
            target.storeBytes(of: UInt64(type).littleEndian, toByteOffset: 16, as: UInt64.self)
            target.storeBytes(of: links.littleEndian, toByteOffset: 24, as: UInt64.self)
        } else {
            target.storeBytes(of: UInt32(type).littleEndian, toByteOffset: 16, as: UInt32.self)
            target.storeBytes(of: UInt32(clamping: links).littleEndian, toByteOffset: 20, as: UInt32.self)
        }
        let rest = dialect == .snapshot ? 32 : 24
        target.storeBytes(of: size, toByteOffset: rest, as: UInt64.self)
        target.storeBytes(of: times.0.littleEndian, toByteOffset: rest + 8, as: UInt64.self)
        target.storeBytes(of: times.1.littleEndian, toByteOffset: rest + 16, as: UInt64.self)
        target.storeBytes(of: times.2.littleEndian, toByteOffset: rest + 24, as: UInt64.self)
    }

    /// A `timestamp` can't lie before the epoch.
    private func bitPattern(_ nanoseconds: Int64) -> UInt64 { UInt64(max(0, nanoseconds)) }
}
