import Archive
import ArchiveFixtures
import LayerUnpacking
import Testing

@Suite("Layers with random damage")
struct MutantTests {
    private static let good: [[UInt8]] = [
        layer {
            $0.directory("./")
            $0.directory("a/", mode: 0o2775)
            $0.file("a/f", String(repeating: "data ", count: 150), mode: 0o4755)
            $0.hardLink("a/h", to: "a/f")
            $0.symbolicLink("a/l", to: "../../outside/directory")
            $0.add("a/null", type: "3", device: (1, 3))
            $0.add("p", type: "6")
        }.ended(),
        layer {
            $0.extended([
                ("path", Array("a/b/extended name".utf8)), ("mtime", Array("1.5".utf8)),
                ("SCHILY.xattr.user.x", [1, 2]),
            ])
            $0.file("cut", "content")
            $0.long("L", "a/" + String(repeating: "long/", count: 30) + "name")
            $0.add("x", type: "2", link: "../outside/file", format: .gnu)
            $0.file("a/.wh.f")
            $0.file("a/b/.wh..wh..opq")
            $0.extended("linkpath", "a/h")
            $0.hardLink("b", to: "x")
        }.ended(),
    ]

    /// Names and types that matter, to be put where they hurt.
    private static let splinters: [[UInt8]] = [
        "../outside/file", "a/l/file", "/tmp/martlet-escape", ".wh..wh..opq", ".wh.", "..", "./", "a/l", "\u{0}", "5",
        "1", "2", "L", "x", "S",
        "77777777777", "0000000000", "path=", "GNU.sparse.realsize=", "\u{7f}\u{7f}\u{7f}\u{7f}",
    ].map { Array($0.utf8) }

    @Test func twoThousandMutantsNeitherCrashNorGetOut() throws {
        let unpacking = try Unpacking()
        var generator = SeededGenerator(seed: 2_026)
        var unpacked = 0
        for round in 0..<2_000 {
            var layers = Self.good
            mutate(&layers[round % 2], &generator)
            // All of them into the same root: each meets what the others left.
            if (try? unpacking.apply(bytes: layers)) != nil { unpacked += 1 }
            if try !unpacking.cage.isUnharmed() {
                Issue.record("mutant \(round) changed something outside")
                return
            }
        }
        // Neither all good nor all broken: the mutants reach into the unpacker.
        #expect((50...1_990).contains(unpacked), "\(unpacked)")
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let block = Int.random(in: 0..<(bytes.count / 512), using: &generator) * 512
            var header = Array(bytes[block..<(block + 512)])
            if Bool.random(using: &generator) {
                header[Int.random(in: 0..<512, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            } else {
                let splinter = Self.splinters.randomElement(using: &generator) ?? []
                let place = [0, 0, 100, 124, 156, 156, 157, 257, 345].randomElement(using: &generator) ?? 0
                header.put(splinter, at: min(place, 512 - splinter.count))
            }
            // Most changes of a header only break its checksum, and tell nothing.
            if header[257] == UInt8(ascii: "u"), Int.random(in: 0..<10, using: &generator) > 0 { header.seal() }
            bytes.put(header, at: block)
        }
        if Int.random(in: 0..<20, using: &generator) == 0 {
            bytes.removeSubrange(Int.random(in: 0..<bytes.count, using: &generator)...)
        }
    }
}
