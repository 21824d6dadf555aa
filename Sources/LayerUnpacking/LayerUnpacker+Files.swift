import Archive
import SystemCalls

extension LayerUnpacker {
    /// Makes something under a name; what stands there goes first.
    ///
    /// The body must fail with `EEXIST` rather than replace or follow anything.
    func create(
        _ call: String, _ name: [CChar], in parent: OpenDirectory, _ body: () throws(Errno) -> Void
    ) throws(UnpackError) {
        for _ in 0..<8 {
            do throws(Errno) {
                try body()
                // A known name here was a directory or a file of this layer that is gone now.
                record.forget(name, of: parent.node)
                record.claim(record.node(name, of: parent.node))
                return
            } catch {
                guard error == .exists else { throw failed(call, error) }
            }
            try removeExisting(name, in: parent)
        }
        throw failed(call, .exists)
    }

    func makeFile(
        _ entry: ArchiveEntry, _ name: [CChar], in parent: OpenDirectory, _ reader: ArchiveReader
    ) throws(UnpackError) {
        guard entry.size <= limits[.fileBytes] else { throw limitReached(.fileBytes) }
        var made: Int32 = -1
        try create("openat2", name, in: parent) { () throws(Errno) in
            made = try FileCalls.open(
                name, in: parent.descriptor.rawValue, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600,
                resolve: TreeDirectory.confined
            ).release()
        }
        let file = OwnedDescriptor(adopting: made)
        try writeData(of: entry, to: file.rawValue, reader)
        do throws(Errno) {
            try setMetadata(of: file.rawValue, entry)
        } catch { throw failed("fchmod", error) }
        do throws(SystemCallError) {
            try file.close()
        } catch { throw failed("close", error.errno) }
    }

    /// Writes the data where the archive says; what lies between stays a hole.
    private func writeData(of entry: ArchiveEntry, to file: Int32, _ reader: ArchiveReader) throws(UnpackError) {
        var position: UInt64 = 0
        do throws(ArchiveError) {
            while let outcome = try reader.withNextBlock({ offset, bytes in
                write(bytes, at: offset, to: file, &position)
            }) {
                if let errno = outcome { throw .inputOutput(SystemCallError("write", nil, errno)) }
            }
        } catch {
            if case .inputOutput(let failure) = error, failure.call == "write" { throw failed("write", failure.errno) }
            throw translated(error)
        }
        guard position < entry.size else { return }
        do throws(Errno) {
            // The reader has checked that the data stays within the size, and the size is at most Int64.max.
            try TransferCalls.truncate(file, to: Int64(clamping: entry.size))
        } catch { throw failed("ftruncate", error) }
    }

    private func write(_ bytes: RawSpan, at offset: UInt64, to file: Int32, _ position: inout UInt64) -> Errno? {
        bytes.withUnsafeBytes { buffer in
            do throws(Errno) {
                if offset != position { _ = try TransferCalls.seek(file, Int64(clamping: offset), from: .start) }
                var rest = buffer
                while !rest.isEmpty {
                    let written = try TransferCalls.write(file, rest)
                    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                }
            } catch { return error }
            position = offset + UInt64(buffer.count)
            summary.bytes += UInt64(buffer.count)
            return nil
        }
    }
}
