import Archive
import ArchiveFixtures
import Testing

/// The entries of an archive with their data.
func entries(_ bytes: [UInt8], limits: ArchiveLimits = .standard, readAhead: Bool = false) throws -> [(
    ArchiveEntry, [UInt8]
)] {
    let reader = try ArchiveReader(MemorySource(bytes), limits: limits, readAhead: readAhead)
    var result: [(ArchiveEntry, [UInt8])] = []
    while let entry = try reader.nextEntry() { result.append((entry, try reader.contents(limit: 1 << 24))) }
    _ = try reader.finish()
    return result
}

@Suite("Reading archives")
struct ReaderTests {
    @Test func everyKindOfEntryIsReadAsAValue() throws {
        var tar = TarBuilder()
        tar.directory("a/", mode: 0o1755, owner: 7)
        tar.file("a/f", "hello", mode: 0o4755)
        tar.symbolicLink("a/l", to: "../x")
        tar.hardLink("a/h", to: "a/f")
        tar.add("a/c", type: "3", device: (1, 3))
        tar.add("a/b", type: "4", device: (8, 0))
        tar.add("a/p", type: "6")
        let read = try entries(tar.ended())
        #expect(
            read.map { $0.0.kind } == [
                .directory, .regular, .symbolicLink(target: Array("../x".utf8)), .hardLink(target: Array("a/f".utf8)),
                .characterDevice(major: 1, minor: 3), .blockDevice(major: 8, minor: 0), .pipe,
            ])
        #expect(read[0].0.permissions == 0o1755 && read[0].0.owner == 7)
        #expect(read[1].0.permissions == 0o4755 && read[1].0.size == 5 && read[1].1 == Array("hello".utf8))
        #expect(read[1].0.modified == .init(seconds: 1_000_000_000))
    }

    @Test func extendedHeadersGiveNamesTimesOwnersAndAttributes() throws {
        let name = String(repeating: "lang/", count: 60) + "naïve-名前"
        var tar = TarBuilder()
        tar.extended([
            ("path", Array(name.utf8)), ("mtime", Array("1500000000.123456789".utf8)),
            ("uid", Array("4000000000".utf8)),
            ("SCHILY.xattr.user.colour", [0, 255, 10]), ("atime", Array("7.5".utf8)),
        ])
        tar.file("short", "x")
        let entry = try #require(try entries(tar.ended()).first?.0)
        #expect(entry.path == Array(name.utf8))
        #expect(entry.modified == .init(seconds: 1_500_000_000, nanoseconds: 123_456_789))
        #expect(entry.accessed == .init(seconds: 7, nanoseconds: 500_000_000))
        #expect(entry.owner == 4_000_000_000)
        #expect(entry.extendedAttributes == [.init(name: Array("user.colour".utf8), value: [0, 255, 10])])
    }

    @Test func namesThatAreNotUTF8StayTheBytesThatTheyAre() throws {
        let name: [UInt8] = Array("caf".utf8) + [0xe9, 0x2f, 0xff]
        var tar = TarBuilder()
        tar.extended([("path", name)])
        tar.file("short", "x")
        #expect(try entries(tar.ended()).first?.0.path == name)
    }

    @Test func longNamesOfGNUTarAreRead() throws {
        let name = String(repeating: "d/", count: 200) + "f"
        var tar = TarBuilder()
        tar.long("L", name)
        tar.long("K", name + "2")
        tar.add("cut", type: "2", link: name, format: .gnu)
        let entry = try #require(try entries(tar.ended()).first?.0)
        #expect(entry.path == Array(name.utf8))
        #expect(entry.kind == .symbolicLink(target: Array((name + "2").utf8)))
    }

    @Test(arguments: [false, true]) func tapsSeeBothStreamsWholeAndInOrder(readAhead: Bool) throws {
        var tar = TarBuilder()
        tar.file("f", String(repeating: "some text that compresses ", count: 200_000))
        // What stands behind the end of the archive belongs to the layer's digests.
        let content = tar.ended() + [UInt8](repeating: 7, count: 5000)
        for compression in [Compression.none, .gzip, .zstd] {
            let stored = try recompress(content, compression)
            let taps = (stored: RecordingTap(), content: RecordingTap())
            let reader = try ArchiveReader(
                MemorySource(stored, piece: 777), taps: ArchiveTaps(stored: taps.stored, content: taps.content),
                readAhead: readAhead)
            let totals = try reader.finish()
            #expect(taps.stored.bytes == stored)
            #expect(taps.content.bytes == content)
            #expect(
                totals
                    == ArchiveTotals(
                        storedBytes: UInt64(stored.count), contentBytes: UInt64(content.count), compression: compression
                    ))
        }
    }

    @Test func skippedDataDoesNotDisturbTheNextEntry() throws {
        var tar = TarBuilder()
        tar.file("one", String(repeating: "1", count: 100_000))
        tar.file("two", "2")
        let reader = try ArchiveReader(MemorySource(tar.ended(), piece: 100))
        _ = try reader.nextEntry()
        _ = try reader.withNextBlock { _, _ in () }
        #expect(try reader.nextEntry()?.path == Array("two".utf8))
        #expect(try reader.contents(limit: 10) == Array("2".utf8))
        #expect(try reader.nextEntry() == nil)
        #expect(try reader.nextEntry() == nil)
    }

    @Test func contentsRefusesMoreThanTheCallerCanTake() throws {
        var tar = TarBuilder()
        tar.file("big", "12345")
        let reader = try ArchiveReader(MemorySource(tar.ended()))
        _ = try reader.nextEntry()
        #expect(throws: ArchiveError.self) { try reader.contents(limit: 4) }
    }

    @Test(arguments: ["1.0", "old"]) func sparseFilesAreReadWithTheirHoles(format: String) throws {
        var tar = TarBuilder()
        if format == "1.0" {
            let map = Array("2\n100000\n3\n200000\n0\n".utf8)
            let data = map + [UInt8](repeating: 0, count: 512 - map.count) + Array("abc".utf8)
            tar.extended([
                ("GNU.sparse.major", [0x31]), ("GNU.sparse.minor", [0x30]), ("GNU.sparse.name", Array("s".utf8)),
                ("GNU.sparse.realsize", Array("200000".utf8)),
            ])
            tar.add("GNUSparseFile.0/s", data: data)
        } else {
            tar.add("s", type: "S", data: Array("abc".utf8), format: .gnu) { header in
                header.put(octal(100_000, digits: 11), at: 386)
                header.put(octal(3, digits: 11), at: 398)
                header.put(octal(200_000, digits: 11), at: 483)
            }
        }
        let (entry, data) = try #require(try entries(tar.ended()).first)
        #expect(entry.path == Array("s".utf8))
        #expect(entry.size == 200_000 && data.count == 200_000)
        #expect(Array(data[99_999..<100_004]) == [0] + Array("abc".utf8) + [0])
        #expect(entry.extents.first == .init(offset: 100_000, count: 3))
    }
}
