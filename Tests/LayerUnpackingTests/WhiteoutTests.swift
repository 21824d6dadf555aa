import ArchiveFixtures
import LayerUnpacking
import SystemCalls
import Testing

@Suite("Whiteouts")
struct WhiteoutTests {
    private static let lower = layer {
        $0.file("d/a", "lower")
        $0.file("d/b", "lower")
        $0.file("d/sub/deep/c", "lower")
        $0.symbolicLink("link", to: "d")
        $0.file("keep", "lower")
    }

    @Test func aWhiteoutRemovesAFileADirectoryAndALinkItself() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            Self.lower,
            layer {
                $0.file("d/.wh.a")
                $0.file("d/.wh.sub")
                $0.file(".wh.link")
                $0.file(".wh.never-there")
                $0.file("nowhere/.wh.x")
            },
        ])
        #expect(try unpacking.names() == ["d", "keep"])
        #expect(try unpacking.names("d") == ["b"])
    }

    @Test func anOpaqueDirectoryHidesWhatIsBelowItAndNothingOfItsOwnLayer() throws {
        for isFirst in [true, false] {
            let unpacking = try Unpacking()
            try unpacking.apply([
                Self.lower,
                layer {
                    if isFirst { $0.file("d/.wh..wh..opq") }
                    $0.file("d/b", "upper")
                    $0.file("d/sub/new", "upper")
                    if !isFirst { $0.file("d/.wh..wh..opq") }
                },
            ])
            #expect(try unpacking.names("d") == ["b", "sub"])
            #expect(try unpacking.names("d/sub") == ["new"])
            #expect(try unpacking.text("d/b") == "upper")
        }
    }

    @Test func aWhiteoutSparesItsOwnLayerWhereverItStands() throws {
        for isFirst in [true, false] {
            let unpacking = try Unpacking()
            try unpacking.apply([
                Self.lower,
                layer {
                    if isFirst {
                        $0.file(".wh.keep")
                        $0.file(".wh.d")
                    }
                    $0.file("keep", "upper")
                    $0.file("d/new", "upper")
                    if !isFirst {
                        $0.file(".wh.keep")
                        $0.file(".wh.d")
                    }
                },
            ])
            #expect(try unpacking.text("keep") == "upper")
            #expect(try unpacking.names("d") == ["new"])
        }
    }

    @Test func aWhiteoutAfterAnotherInItsDirectoryStillRemovesTheDirectory() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            Self.lower,
            layer {
                $0.file("d/.wh.a")
                $0.file(".wh.d")
                $0.file("d/new", "upper")
            },
        ])
        #expect(try unpacking.names("d") == ["new"])
    }

    @Test func anOpaqueRootEmptiesTheRootAndNoMore() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            Self.lower,
            layer {
                $0.file("new", "upper")
                $0.file(".wh..wh..opq")
            },
        ])
        #expect(try unpacking.names() == ["new"])
        unpacking.expectUnharmed()
    }

    @Test func theTimesOfADirectoryStayWhenAWhiteoutChangesIt() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer {
                $0.directory("d/", modified: 5)
                $0.file("d/a")
            }, layer { $0.file("d/.wh.a") },
        ])
        #expect(try unpacking.status("d").modified == 5_000_000_000)
    }

    @Test(arguments: [".wh.", ".wh..", ".wh...", "d/.wh.", "d/.wh..", "d/.wh...", ".wh.x/file", "d/.wh.x/.wh.y"])
    func aWhiteoutOfNoNameOrOfADirectoryAboveIsRefused(name: String) throws {
        let unpacking = try Unpacking()
        let refusal = unpacking.refusal([Self.lower, layer { $0.file(name) }])
        #expect(refusal?.contains("layer 2, \"\(name)\"") == true)
        #expect(try unpacking.names("d") == ["a", "b", "sub"])
    }

    @Test func theBooksOfAUFSAreLeftOut() throws {
        let unpacking = try Unpacking()
        let summary = try unpacking.apply([
            layer {
                $0.directory(".wh..wh.plnk/")
                $0.file(".wh..wh.plnk/1.2")
                $0.file(".wh..wh.aufs")
                $0.file("f")
            }
        ])
        #expect(try unpacking.names() == ["f"])
        #expect(summary.notes.first?.kind == .auxiliaryFileSkipped && summary.notes.first?.count == 3)
    }

    @Test(arguments: ["link/.wh.a", "link/.wh..wh..opq", "link/.wh.sub", "link/sub/.wh.deep"])
    func aWhiteoutIsNotFollowedThroughALink(name: String) throws {
        let unpacking = try Unpacking()
        #expect(unpacking.refusal([Self.lower, layer { $0.file(name) }])?.contains("symbolic link") == true)
        #expect(try unpacking.names("d") == ["a", "b", "sub"])
        let leading = try Unpacking()
        #expect(leading.refusal([layer { $0.symbolicLink("link", to: "../outside") }, layer { $0.file(name) }]) != nil)
    }
}
