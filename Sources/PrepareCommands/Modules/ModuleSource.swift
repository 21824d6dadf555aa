import ImageTransfer
import OCISpec
import SystemCalls
import WasmBinary
import WasmEngine

/// A module as it was at one moment: copied into a file without a name while it was hashed, so that what is compiled is what
/// has the digest, whoever writes to the original meanwhile.
struct ModuleSource: ~Copyable {
    let digest: OCISpec.Digest
    private let copy: OwnedDescriptor

    /// - Parameters:
    ///   - file: read from its start.
    ///   - scratch: a directory for the copy.
    /// - Throws: `CommandFailure` with `notCompilable` for what is no core module.
    init(copying file: borrowing OwnedDescriptor, name: String, scratch: String) throws(CommandFailure) {
        let hasher = ContentHasher(.sha256)
        let original = file.rawValue
        let made = try Self.calling(name) { () throws(SystemCallError) in
            let made = try Files.open(scratch, flags: [.readWrite, .temporary], mode: 0o600)
            try Self.fill(made.rawValue, from: original, name, hasher)
            return made
        }
        try Self.checkKind(made.rawValue, name)
        digest = hasher.digest()
        copy = made
    }

    /// The compiled form, made by a worker.
    borrowing func compile(name: String) throws(CommandFailure) -> [UInt8] {
        try Self.rewind(copy.rawValue)
        return try CompileWorker.compile(copy.rawValue, name: name)
    }

    private static func rewind(_ copy: Int32) throws(CommandFailure) {
        do throws(Errno) { _ = try TransferCalls.seek(copy, 0, from: .start) } catch {
            throw CommandFailure("copy of a module: \(error)", underlying: SystemCallError("lseek", nil, error))
        }
    }

    private static func calling<R: ~Copyable>(
        _ name: String, _ body: () throws(SystemCallError) -> R
    ) throws(CommandFailure) -> R {
        do throws(SystemCallError) { return try body() } catch {
            throw CommandFailure("\(name): \(error)", underlying: error)
        }
    }

    private static func fill(
        _ copy: Int32, from file: Int32, _ name: String, _ hasher: ContentHasher
    ) throws(SystemCallError) {
        var total = 0
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = try Files.read(file, into: chunk)
            if count == 0 { return }
            let bytes = UnsafeRawBufferPointer(rebasing: chunk[..<count])
            total += count
            guard total <= CompileWorker.limits.sourceBytes else { throw SystemCallError("read", name, .fileTooLarge) }
            hasher.update(bytes)
            var rest = bytes
            while !rest.isEmpty {
                rest = UnsafeRawBufferPointer(rebasing: rest[try Files.write(copy, rest)...])
            }
        }
    }

    private static func checkKind(_ copy: Int32, _ name: String) throws(CommandFailure) {
        try rewind(copy)
        let head = try calling(name) { () throws(SystemCallError) in try Files.prefix(copy, count: 512) }
        if !head.starts(with: BinaryKind.magic) {
            guard name.hasSuffix(".wat") || TextForm.isLikely(head) else {
                throw CommandFailure("\(name): is no WebAssembly module", .notCompilable)
            }
        } else if BinaryKind(preamble: head) != .module {
            throw CommandFailure(
                "\(name): is a component or of an unknown version; only core modules are compiled ahead", .notCompilable
            )
        }
    }
}
