import Archive
import ArchiveFixtures
import Testing

@Suite("Archives without the end of their last block")
struct UnpaddedArchiveTests {
    private func archive() throws -> [UInt8] {
        let sink = MemorySink()
        let writer = try ArchiveWriter(to: sink)
        for name in ["a", "b"] {
            try writer.add(ArchiveEntry(path: Array(name.utf8), kind: .regular, permissions: 0o644, size: 3))
            let content: [UInt8] = [1, 2, 3]
            try writer.write(content.span.bytes)
        }
        _ = try writer.finish()
        return sink.bytes
    }

    private func read(_ bytes: [UInt8], skipping: Bool = false) throws -> [[UInt8]] {
        let reader = try ArchiveReader(Source(bytes))
        var contents: [[UInt8]] = []
        while try reader.nextEntry() != nil { if !skipping { contents.append(try reader.contents(limit: 10)) } }
        _ = try reader.finish()
        return contents
    }

    @Test(
        "an archive that ends with the last byte of its last file is whole",
        arguments: [0, 1, 508, 509, 509 + 512, 509 + 1024])
    func whole(missing: Int) throws {
        let bytes = try archive()
        #expect(bytes.count == 4 * 512 + 1024)
        // Cut inside the padding of the last block, or before some or all of the two blocks of zeros.
        let cut = 4 * 512 + 1024 - (missing <= 509 ? 1024 + missing : missing - 509)
        #expect(try read(Array(bytes.prefix(cut))) == [[1, 2, 3], [1, 2, 3]])
        #expect(throws: Never.self) { try read(Array(bytes.prefix(cut)), skipping: true) }
    }

    @Test(
        "one that ends a byte earlier, or in a header, is not",
        arguments: [3 * 512 + 2, 3 * 512 + 1, 3 * 512 - 1, 2 * 512 + 1])
    func cut(length: Int) throws {
        let bytes = Array(try archive().prefix(length))
        #expect(throws: ArchiveError.self) { try read(bytes) }
    }

    private final class Source: ByteSource, @unchecked Sendable {
        // SAFETY of @unchecked Sendable: read from one thread, the test's.
        private var rest: ArraySlice<UInt8>

        init(_ bytes: [UInt8]) { rest = bytes[...] }

        func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
            let piece = rest.prefix(buffer.count)
            buffer.copyBytes(from: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
    }
}
