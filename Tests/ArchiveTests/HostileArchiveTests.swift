import Archive
import ArchiveFixtures
import Testing

@Suite("Archives that are damaged or made to deceive")
struct HostileArchiveTests {
    /// Reads everything; the error's text, or nil.
    private func complaint(_ bytes: [UInt8], limits: ArchiveLimits = .standard, readAhead: Bool = false) -> String? {
        do {
            _ = try entries(bytes, limits: limits, readAhead: readAhead)
            return nil
        } catch { return "\(error)" }
    }

    @Test func whatIsNoTarArchiveIsRefused() {
        for bytes: [UInt8] in [
            [], [1], Array("hello world, this is no archive at all".utf8), [UInt8](repeating: 0xff, count: 5000),
            Array("070707000000000000000000000000000000000000000000000000000000000000000000000000".utf8),
            Array("#mtree\n./f type=file contents=/etc/passwd\n".utf8),
            Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 600),
        ] {
            #expect(complaint(bytes)?.contains("not a tar archive") == true)
        }
    }

    @Test func noProgramIsRunForAForeignCompression() {
        for magic: [UInt8] in [
            [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59], [0x04, 0x22, 0x4d, 0x18], [0x1f, 0x9d, 0x90],
            [0x89, 0x4c, 0x5a, 0x4f],
        ] {
            #expect(complaint(magic + [UInt8](repeating: 0, count: 2000))?.contains("not a tar archive") == true)
        }
    }

    @Test func anArchiveIsCompressedOnceAtMost() throws {
        var tar = TarBuilder()
        tar.file("f", "x")
        let twice = try recompress(try recompress(tar.ended(), .gzip), .zstd)
        #expect(complaint(twice)?.contains("more than once") == true)
    }

    @Test(arguments: [Compression.none, .gzip, .zstd]) func aTruncatedArchiveIsAnError(compression: Compression) throws
    {
        var tar = TarBuilder()
        var noise = SeededGenerator(seed: 1)
        tar.add("f", data: (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &noise) })
        let stored = try recompress(tar.ended(), compression)
        #expect(complaint(stored) == nil)
        for cut in [stored.count / 4, stored.count / 2, stored.count - 2000] {
            #expect(complaint(Array(stored[..<cut])) != nil)
            #expect(complaint(Array(stored[..<cut]), readAhead: true) != nil)
        }
    }

    @Test func aDamagedHeaderIsAnErrorAndNotSkipped() {
        var tar = TarBuilder()
        tar.file("one", "1")
        tar.file("two", "2")
        var bytes = tar.ended()
        bytes[1024 + 3] ^= 1
        #expect(complaint(bytes)?.contains("\"one\"") == true)
    }

    @Test func ownersBeyond32BitsAreRefused() {
        for owner in ["4294967295", "4294967296", "18446744073709551615", "-1"] {
            var tar = TarBuilder()
            tar.extended("uid", owner)
            tar.file("f")
            #expect(complaint(tar.ended())?.contains("owner") == true, "\(owner)")
        }
    }

    @Test func negativeAndHugeSizesAreRefused() {
        for edit: (inout [UInt8]) -> Void in [
            { $0.put([0xff] + [UInt8](repeating: 0xff, count: 11), at: 124) },
            { $0.put([0x80, 0, 0, 0] + [UInt8](repeating: 0xff, count: 8), at: 124) },
            { $0.put([0x80, 0, 0, 0, 0x7f] + [UInt8](repeating: 0xff, count: 7), at: 124) },
        ] {
            var tar = TarBuilder()
            tar.add("f", data: [1, 2, 3], edit: edit)
            #expect(complaint(tar.ended()) != nil)
        }
        for size in ["-5", "9223372036854775807", "99999999999999999999999"] {
            var tar = TarBuilder()
            tar.extended("size", size)
            tar.add("f", data: [1, 2, 3])
            #expect(complaint(tar.ended()) != nil, "\(size)")
        }
    }

    // Two readers that disagree where an entry ends see two different images: there is one reader, and it follows POSIX.
    @Test func theExtendedSizeWinsOverTheHeaders() throws {
        var inner = TarBuilder()
        inner.file("hidden", "secret")
        var tar = TarBuilder()
        tar.extended("size", "\(inner.bytes.count)")
        tar.add("carrier", data: inner.bytes, size: 0)
        tar.file("last", "x")
        let read = try entries(tar.ended())
        #expect(read.map { $0.0.displayName } == ["carrier", "last"])
        #expect(read[0].1 == inner.bytes)
    }

    @Test func aSparseMapThatLeavesItsFileIsRefused() {
        for map in [
            "1\n100\n50\n", "1\n0\n18446744073709551615\n", "1\n-5\n5\n", "2\n0\n10\n5\n10\n", "99999999999999999999\n",
        ] {
            var tar = TarBuilder()
            let text = Array(map.utf8)
            tar.extended([
                ("GNU.sparse.major", [0x31]), ("GNU.sparse.minor", [0x30]), ("GNU.sparse.name", Array("s".utf8)),
                ("GNU.sparse.realsize", Array("120".utf8)),
            ])
            tar.add("s", data: text + [UInt8](repeating: 0, count: 512 - text.count) + [UInt8](repeating: 1, count: 60))
            // Either it is refused, or no byte lies beyond the size.
            if let read = try? entries(tar.ended()) { #expect(read.allSatisfy { $0.1.count <= 120 }) }
        }
    }

    @Test func headersOfOneEntryAreBounded() {
        var tar = TarBuilder()
        for index in 0..<20 { tar.extended("comment\(index)", String(repeating: "x", count: 900_000)) }
        tar.file("f")
        #expect(complaint(tar.ended()) != nil)
        var limits = ArchiveLimits.standard
        limits.headerBytes = 1 << 16
        var one = TarBuilder()
        one.extended("comment", String(repeating: "x", count: 900_000))
        one.file("f")
        #expect(complaint(one.ended()) == nil)
        #expect(complaint(one.ended(), limits: limits) != nil)
    }

    @Test func endlessSpecialHeadersAreRefused() {
        var tar = TarBuilder()
        for _ in 0..<10_000 { tar.extended("comment", "x") }
        tar.file("f")
        #expect(complaint(tar.ended()) != nil)
    }

    @Test(arguments: [false, true]) func aBombIsStoppedByItsRatioAndByItsSize(readAhead: Bool) throws {
        for compression in [Compression.gzip, .zstd] {
            let sink = MemorySink()
            let writer = try ArchiveWriter(to: sink, compression: compression, level: 9)
            let zeros = [UInt8](repeating: 0, count: 1 << 20)
            try writer.add(ArchiveEntry(path: Array("zeros".utf8), kind: .regular, permissions: 0o644, size: 80 << 20))
            for _ in 0..<80 { try writer.write(zeros.span.bytes) }
            _ = try writer.finish()
            var limits = ArchiveLimits.standard
            #expect(read(sink.bytes, limits, readAhead)?.contains("for each compressed byte") == true)
            limits.ratioFloorBytes = 1 << 40
            #expect(read(sink.bytes, limits, readAhead) == nil)
            limits.contentBytes = 1 << 20
            #expect(read(sink.bytes, limits, readAhead)?.contains("1048576 bytes after decompression") == true)
        }
    }

    /// Reads without keeping the data.
    private func read(_ bytes: [UInt8], _ limits: ArchiveLimits, _ readAhead: Bool) -> String? {
        do {
            _ = try ArchiveReader(MemorySource(bytes), limits: limits, readAhead: readAhead).finish()
            return nil
        } catch { return "\(error)" }
    }

    @Test func aFailingSourceIsNamedByItsOwnError() {
        for failing in 0..<3 {
            let source = FailingSource(after: failing)
            do {
                let reader = try ArchiveReader(source, readAhead: failing == 2)
                _ = try reader.finish()
                Issue.record("no error")
            } catch { #expect("\(error)" == "the network went away") }
        }
    }

    @Test func aReaderThatIsGivenUpEndsItsThread() throws {
        var tar = TarBuilder()
        tar.file("f", String(repeating: "x", count: 8 << 20))
        for _ in 0..<50 {
            let reader = try ArchiveReader(MemorySource(tar.ended()), readAhead: true)
            _ = try reader.nextEntry()
        }
    }

    @Test(arguments: [Compression.none, .gzip, .zstd]) func mutantsNeverCrashTheReader(compression: Compression) throws
    {
        var tar = TarBuilder()
        tar.directory("a/")
        tar.extended([
            ("path", Array("a/long name".utf8)), ("SCHILY.xattr.user.x", [1, 2]), ("mtime", Array("1.5".utf8)),
        ])
        tar.file("a/f", String(repeating: "data ", count: 200))
        tar.long("L", String(repeating: "n/", count: 100))
        tar.add("x", type: "2", link: "y", format: .gnu)
        tar.hardLink("h", to: "a/f")
        let good = try recompress(tar.ended(), compression)
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<2000 {
            var mutant = good
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<mutant.count, using: &generator)
                mutant[place] = UInt8.random(in: 0...255, using: &generator)
                // Most changes of a header only break its checksum.
                if compression == .none, Bool.random(using: &generator) {
                    let block = place / 512 * 512
                    var header = Array(mutant[block..<(block + 512)])
                    header.seal()
                    mutant.put(header, at: block)
                }
            }
            _ = complaint(mutant)
        }
    }
}

/// Hands out a good beginning, then fails.
private final class FailingSource: ByteSource, @unchecked Sendable {
    // SAFETY: a source is read from one thread at a time.
    private var left: Int
    private var header: [UInt8]

    init(after count: Int) {
        left = count
        var tar = TarBuilder()
        tar.add("f", data: [], size: 1 << 30)
        header = tar.bytes
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        guard left > 0 else { throw .stopped("the network went away") }
        left -= 1
        buffer.copyBytes(from: header)
        defer { header = [UInt8](repeating: 1, count: 4096) }
        return header.count
    }
}
