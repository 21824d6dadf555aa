import Archive
import ArchiveFixtures
import SystemCalls
import Testing

@Suite("Writing archives")
struct WriterTests {
    private static let samples: [(ArchiveEntry, [UInt8])] = [
        (ArchiveEntry(path: Array("d/".utf8), kind: .directory, permissions: 0o755), []),
        (
            ArchiveEntry(
                path: Array("d/文件".utf8), kind: .regular, permissions: 0o4711, owner: 3_000_000_000, group: 5,
                modified: .init(seconds: 1_234_567_890, nanoseconds: 987_654_321), size: 5,
                extendedAttributes: [.init(name: Array("user.a".utf8), value: [0, 1, 255])]), Array("hello".utf8)
        ),
        (
            ArchiveEntry(
                path: Array(String(repeating: "long/", count: 80).utf8) + [0xff],
                kind: .symbolicLink(target: Array("/t".utf8)), permissions: 0o777), []
        ),
        (ArchiveEntry(path: Array("h".utf8), kind: .hardLink(target: Array("d/文件".utf8)), permissions: 0o644), []),
        (ArchiveEntry(path: Array("c".utf8), kind: .characterDevice(major: 4, minor: 70), permissions: 0o600), []),
        (ArchiveEntry(path: Array("p".utf8), kind: .pipe, permissions: 0o600), []),
    ]

    private func archive(_ compression: Compression, taps: ArchiveTaps = ArchiveTaps()) throws -> (
        bytes: [UInt8], totals: ArchiveTotals
    ) {
        let sink = MemorySink()
        let writer = try ArchiveWriter(to: sink, compression: compression, taps: taps)
        for (entry, data) in Self.samples {
            try writer.add(entry)
            try writer.write(data.span.bytes)
        }
        let totals = try writer.finish()
        return (sink.bytes, totals)
    }

    @Test(arguments: [Compression.none, .gzip, .zstd]) func whatIsWrittenIsReadBack(compression: Compression) throws {
        let read = try entries(try archive(compression).bytes)
        #expect(read.count == Self.samples.count)
        for ((got, data), (wanted, content)) in zip(read, Self.samples) {
            #expect(got == wanted)
            #expect(data == content)
        }
    }

    @Test(arguments: [Compression.none, .gzip, .zstd]) func theSameEntriesGiveTheSameBytes(compression: Compression)
        async throws
    {
        let first = try archive(compression).bytes
        try await Task.sleep(for: .milliseconds(1100))
        #expect(try archive(compression).bytes == first)
    }

    @Test func tapsSeeBothStreams() throws {
        let taps = (stored: RecordingTap(), content: RecordingTap())
        let (bytes, totals) = try archive(.gzip, taps: ArchiveTaps(stored: taps.stored, content: taps.content))
        #expect(taps.stored.bytes == bytes)
        #expect(taps.content.bytes == (try archive(.none).bytes))
        #expect(totals.storedBytes == UInt64(bytes.count) && totals.contentBytes == UInt64(taps.content.bytes.count))
    }

    @Test func dataMustFitTheSizeThatWasStated() throws {
        let file = ArchiveEntry(path: Array("f".utf8), kind: .regular, permissions: 0o644, size: 4)
        let writer = try ArchiveWriter(to: MemorySink())
        try writer.add(file)
        #expect(throws: ArchiveError.self) { try writer.write(([1, 2, 3, 4, 5] as [UInt8]).span.bytes) }
        try writer.write(([1, 2, 3] as [UInt8]).span.bytes)
        #expect(throws: ArchiveError.self) { try writer.add(file) }
        #expect(throws: ArchiveError.self) { _ = try writer.finish() }
    }

    @Test func namesWithAZeroAndXZAreRefused() throws {
        let writer = try ArchiveWriter(to: MemorySink())
        for path: [UInt8] in [[], [65, 0, 66]] {
            #expect(throws: ArchiveError.self) {
                try writer.add(ArchiveEntry(path: path, kind: .directory, permissions: 0o755))
            }
        }
        #expect(throws: ArchiveError.self) { _ = try ArchiveWriter(to: MemorySink(), compression: .xz) }
    }
}
