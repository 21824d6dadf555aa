import SystemCalls

/// Compiled filters, kept in a folder of ours: Docker's and podman's profiles take milliseconds to compile.
///
/// What is found is used only when its folder and file belong to this user and nobody else may write or read them, and when
/// the whole text that it was compiled from is the same. There is a fixed number of files, and a new one takes the place of
/// whatever has its name. Nothing that goes wrong here is an error: the filter is compiled.
public struct SeccompCache: Sendable {
    private let path: String

    /// Files of one folder.
    static let slots: UInt64 = 64
    /// Bytes of one file.
    static let fileLimit = 4 << 20

    private static let magic = Array("martlet seccomp 1\n".utf8)

    /// - Parameter path: the folder; made with mode 0700 when something is kept and it isn't there.
    public init(path: String) { self.path = path }

    /// What was compiled from this text; nil when it isn't here.
    func program(for text: [UInt8]) -> [UInt8]? {
        guard let folder = openFolder(),
            let file = try? Files.open(
                Self.name(text), in: folder.rawValue, flags: [.readOnly, .noFollow, .nonBlocking]),
            let status = try? FileStatus.of(file.rawValue), status.kind == .regular, isOurs(status), status.links == 1,
            status.size <= Int64(Self.fileLimit), let bytes = try? Files.prefix(file.rawValue, count: Int(status.size))
        else { return nil }
        return Self.program(in: bytes, for: text)
    }

    /// Keeps a program; a reader finds the former file or this one, whole.
    func keep(_ program: [UInt8], for text: [UInt8]) {
        let bytes = Self.file(program, text)
        guard bytes.count <= Self.fileLimit else { return }
        if (try? Files.makeDirectory(path, mode: 0o700)) == nil, (try? FileStatus.of(path)) == nil { return }
        guard let folder = openFolder() else { return }
        let name = Self.name(text)
        // A name that no two processes have at once.
        let draft = ".\(name).\(Processes.current)"
        try? Files.replace(name, in: folder.rawValue, by: bytes, mode: 0o600, temporary: draft)
    }

    private func openFolder() -> OwnedDescriptor? {
        guard let folder = try? Files.open(path, flags: [.path, .directory, .noFollow]),
            let status = try? FileStatus.of(folder.rawValue), isOurs(status)
        else { return nil }
        return folder
    }

    private func isOurs(_ status: FileStatus) -> Bool {
        status.owner == Processes.effectiveUser && status.permissions & 0o077 == 0
    }

    // MARK: The file: magic, checksum of all that follows, length of the text, the text, the program.

    private static func file(_ program: [UInt8], _ text: [UInt8]) -> [UInt8] {
        var rest: [UInt8] = []
        rest.reserveCapacity(program.count + text.count + 64)
        rest += number(UInt64(text.count))
        rest += text
        rest += program
        return magic + number(checksum(rest[...])) + rest
    }

    private static func program(in bytes: [UInt8], for text: [UInt8]) -> [UInt8]? {
        guard bytes.starts(with: magic) else { return nil }
        let header = magic.count + 16
        guard bytes.count > header + text.count,
            value(bytes[(magic.count + 8)..<header]) == UInt64(text.count),
            bytes[header..<(header + text.count)].elementsEqual(text),
            // Against what a crash of the machine leaves behind; who may write here may do everything anyway.
            value(bytes[magic.count..<(magic.count + 8)]) == checksum(bytes[(magic.count + 8)...])
        else { return nil }
        let program = Array(bytes[(header + text.count)...])
        return program.count % SecureComputing.instructionSize == 0 ? program : nil
    }

    private static func number(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func value(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// FNV-1a over words of eight bytes and the rest: neither secret nor proof, only a name and a check of wholeness.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            var offset = 0
            while offset + 8 <= bytes.count {
                hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x0000_0100_0000_01B3
                hash ^= hash >> 29
                offset += 8
            }
            while offset < bytes.count {
                hash = (hash ^ UInt64(bytes[offset])) &* 0x0000_0100_0000_01B3
                offset += 1
            }
            return hash ^ hash >> 32
        }
    }

    private static func name(_ text: [UInt8]) -> String { "filter-\(checksum(text[...]) % slots)" }
}
