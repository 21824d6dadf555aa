import Archive
import ArchiveFixtures
import LayerUnpacking
import SystemCalls
import Testing

@Suite("Limits on what is unpacked")
struct LimitTests {
    private func refusal(_ limit: UnpackLimit, _ bound: UInt64, _ layers: [TarBuilder]) throws -> String? {
        var unpacking = try Unpacking()
        unpacking.limits[limit] = bound
        return unpacking.refusal(layers)
    }

    private func expectBound(
        _ limit: UnpackLimit, _ bound: UInt64, _ layers: [TarBuilder], at location: SourceLocation = #_sourceLocation
    ) throws {
        let text = try #require(try refusal(limit, bound, layers), sourceLocation: location)
        #expect(text.contains("layer ") && text.contains("more than \(bound) "), sourceLocation: location)
        #expect(text.contains("(--\(limit.option) raises this limit)"), sourceLocation: location)
    }

    @Test func eachLimitIsAnErrorThatNamesItsOption() throws {
        let flood = layer { for index in 0..<200 { $0.file("f\(index)") } }
        try expectBound(.entries, 100, [flood])
        #expect(try refusal(.entries, 200, [flood]) == nil)
        try expectBound(.entries, 250, [flood, flood])
        try expectBound(.entries, 50, [layer { for index in 0..<20 { $0.file("a\(index)/b/c/f") } }])
        try expectBound(.layers, 2, [flood, flood, flood])
        try expectBound(
            .pathBytes, 100,
            [
                layer {
                    $0.long("L", String(repeating: "d/", count: 60)); $0.add("x", type: "5", format: .gnu)
                }
            ])
        try expectBound(
            .pathBytes, 100,
            [
                layer {
                    $0.extended("linkpath", String(repeating: "d/", count: 60)); $0.symbolicLink("x", to: "y")
                }
            ])
        try expectBound(.pathDepth, 10, [layer { $0.file(String(repeating: "d/", count: 10) + "f") }])
        try expectBound(.fileBytes, 9, [layer { $0.file("f", "0123456789") }])
        try expectBound(
            .attributes, 3,
            [
                layer {
                    $0.extended((0..<4).map { ("SCHILY.xattr.user.a\($0)", [1]) }); $0.file("f")
                }
            ])
        try expectBound(
            .attributeBytes, 1000,
            [
                layer {
                    $0.extended([("SCHILY.xattr.user.a", [UInt8](repeating: 1, count: 1000))]); $0.file("f")
                }
            ])
    }

    @Test func bytesCountOverAllLayers() throws {
        let big = layer { $0.file("f", String(repeating: "x", count: 50_000)) }
        #expect(try refusal(.bytes, 120_000, [big, big]) == nil)
        try expectBound(.bytes, 120_000, [big, big, big])
    }

    @Test func theStandardLimitsStopDeepLongAndHugeNames() throws {
        #expect(
            try Unpacking().refusal([
                layer {
                    $0.extended("path", String(repeating: "d/", count: 1000) + "f"); $0.file("x")
                }
            ]) != nil)
        #expect(
            try Unpacking().refusal([
                layer {
                    $0.extended("path", String(repeating: "n", count: 256)); $0.file("x")
                }
            ])?.contains("255") == true)
        #expect(
            try Unpacking().refusal([
                layer {
                    $0.extended("path", String(repeating: "n", count: 255)); $0.file("x")
                }
            ]) == nil)
        #expect(
            try Unpacking().refusal([
                layer {
                    $0.extended("path", String(repeating: "n/", count: 500_000)); $0.file("x")
                }
            ]) != nil)
        #expect(
            try Unpacking().refusal([
                layer {
                    $0.extended([("SCHILY.xattr.user.a", [UInt8](repeating: 1, count: 900_000))]); $0.file("x")
                }
            ]) != nil)
    }

    @Test func aDeepTreeWithinTheLimitIsUnpackedAndRemoved() throws {
        let unpacking = try Unpacking()
        let path = String(repeating: "d/", count: 199)
        #expect(
            unpacking.refusal([
                layer {
                    $0.extended("path", path + "f"); $0.file("x")
                }
            ]) == nil)
        #expect(unpacking.exists(path + "f"))
        #expect(unpacking.refusal([layer { $0.file(".wh.d") }]) == nil)
        #expect(!unpacking.exists("d"))
    }

    @Test func aSparseBombIsBoundedByTheSizeOfItsFile() throws {
        let map = Array("1\n0\n3\n".utf8)
        let bomb = layer {
            $0.extended([
                ("GNU.sparse.major", [0x31]), ("GNU.sparse.minor", [0x30]), ("GNU.sparse.name", Array("s".utf8)),
                ("GNU.sparse.realsize", Array("\(1 << 60)".utf8)),
            ])
            $0.add("x", data: map + [UInt8](repeating: 0, count: 512 - map.count) + Array("abc".utf8))
        }
        #expect(try Unpacking().refusal([bomb])?.contains("--max-file-bytes") == true)
    }

    @Test(arguments: [Compression.gzip, .zstd]) func aBombIsStoppedBeforeItFillsTheDisk(compression: Compression) throws
    {
        let sink = MemorySink()
        let writer = try ArchiveWriter(to: sink, compression: compression, level: 9)
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        try writer.add(ArchiveEntry(path: Array("zeros".utf8), kind: .regular, permissions: 0o644, size: 100 << 20))
        for _ in 0..<100 { try writer.write(zeros.span.bytes) }
        _ = try writer.finish()
        let unpacking = try Unpacking()
        #expect { try unpacking.apply(bytes: [sink.bytes]) } throws: { "\($0)".contains("--max-expansion-ratio") }
        #expect(try unpacking.status("zeros").size <= 65 << 20)
        var generous = try Unpacking()
        generous.limits[.expansionRatio] = 100_000
        generous.limits[.bytes] = 70 << 20
        #expect { try generous.apply(bytes: [sink.bytes]) } throws: { "\($0)".contains("--max-bytes") }
    }
}
