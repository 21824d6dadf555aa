import Archive
import ArchiveFixtures
import LayerUnpacking
import SystemCalls
import Testing

@Suite("Layers that try to get out")
struct HostileLayerTests {
    @Test(arguments: [
        "/etc/passwd", "/", "//x", "..", "../outside/file", "a/../../outside/file", "a/..", "./../x", "a/b/../c",
    ])
    func absoluteNamesAndDotDotAreRefused(name: String) throws {
        for type: Character in ["0", "5", "2", "6"] {
            let refusal = try Unpacking().refusal([layer { $0.add(name, type: type, link: "x") }])
            #expect(refusal?.contains("absolute") == true || refusal?.contains("\"..\"") == true)
        }
        // The same name in an extended header.
        #expect(
            try Unpacking().refusal([
                layer {
                    $0.extended("path", name); $0.file("harmless")
                }
            ]) != nil)
        #expect(
            try Unpacking().refusal([
                layer {
                    $0.long("L", name); $0.add("harmless", format: .gnu)
                }
            ]) != nil)
    }

    @Test(arguments: [
        "../outside/file", "a/../../outside/file", "..", "../..", "", ".", "/", "d", "missing", "d/missing", "f/x",
    ])
    func hardLinksToWhatIsOutsideOrNoFileAreRefused(target: String) throws {
        let unpacking = try Unpacking()
        let refusal = unpacking.refusal([
            layer {
                $0.directory("d/")
                $0.file("f")
                $0.hardLink("h", to: target)
            }
        ])
        #expect(refusal != nil)
        #expect(!unpacking.exists("h"))
    }

    @Test func anAbsoluteHardLinkMeansTheRootThatIsUnpacked() throws {
        let unpacking = try Unpacking()
        #expect(unpacking.refusal([layer { $0.hardLink("h", to: "/etc/passwd") }])?.contains("isn't there") == true)
    }

    @Test(arguments: ["0", "1", "2", "5", "6"] as [Character]) func nothingIsWrittenThroughALink(type: Character) throws
    {
        for target in ["../outside", "/tmp", "..", "../outside/directory", "d"] {
            for split in [true, false] {
                let unpacking = try Unpacking()
                let first = layer {
                    $0.directory("d/")
                    $0.symbolicLink("link", to: target)
                }
                let attack: (inout TarBuilder) -> Void = {
                    $0.add("link/new", type: type, data: type == "0" ? [1] : [], link: "d")
                }
                let layers =
                    split
                    ? [first, layer(attack)]
                    : [
                        {
                            var both = first; attack(&both); return both
                        }()
                    ]
                #expect(unpacking.refusal(layers)?.contains("symbolic link") == true)
                #expect(try unpacking.names("d").isEmpty)
            }
        }
    }

    @Test func aFileOverALinkReplacesTheLink() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer {
                $0.symbolicLink("f", to: "../outside/file")
                $0.symbolicLink("d", to: "../outside/directory")
            },
            layer {
                $0.file("f", "own", mode: 0o777)
                $0.directory("d/", mode: 0o777)
                $0.file("d/file", "own")
            },
        ])
        #expect(try unpacking.status("f").kind == .regular && unpacking.status("d").kind == .directory)
        unpacking.expectUnharmed()
    }

    @Test func aDirectorySwappedForALinkBetweenLayersIsNotFollowed() throws {
        let unpacking = try Unpacking()
        let refusal = unpacking.refusal([
            layer { $0.file("d/sub/f", "x") },
            layer { $0.symbolicLink("d", to: "../outside") },
            layer { $0.add("d/directory", type: "5", mode: 0o777) },
        ])
        #expect(refusal?.contains("layer 3") == true && refusal?.contains("symbolic link") == true)
        // And within one layer, while the directory is held open.
        let second = try Unpacking()
        #expect(
            second.refusal([
                layer {
                    $0.file("d/one", "x")
                    $0.symbolicLink("d", to: "../outside")
                    $0.file("d/two", "x")
                }
            ]) != nil)
        #expect(try second.names() == ["d"])
    }

    @Test func aHardLinkIsNotResolvedThroughALink() throws {
        for target in ["link/file", "link/directory/file", "/link/file"] {
            let unpacking = try Unpacking()
            let refusal = unpacking.refusal([
                layer {
                    $0.symbolicLink("link", to: "../outside")
                    $0.hardLink("h", to: target)
                }
            ])
            #expect(refusal?.contains("symbolic link") == true)
        }
    }

    @Test func theFileBehindAHardLinkedSymbolicLinkIsNotWritten() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer {
                $0.symbolicLink("s", to: "../outside/file")
                $0.hardLink("h", to: "s")
                $0.file("h", "own")
                $0.add("s", data: Array("own".utf8), mode: 0o777)
            }
        ])
        unpacking.expectUnharmed()
    }

    @Test(arguments: ["0", "1", "2", "3", "6"] as [Character]) func theRootEntryIsADirectory(type: Character) throws {
        for name in ["./", ".", "./."] where !(type == "0" && name == "./") {
            let refusal = try Unpacking().refusal([layer { $0.add(name, type: type, link: "../outside") }])
            #expect(refusal?.contains("root") == true, "\(type) \(name)")
        }
    }

    @Test func modesOfFilesThatTheLayerDoesNotHoldStay() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer { $0.add("f", data: [1], mode: 0o600) },
            layer { $0.add("h", type: "1", mode: 0o6777, link: "f") },
        ])
        #expect(try unpacking.status("f").permissions == 0o600)
    }

    @Test func setIDDirectoriesDoNotLeakTheirGroup() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer { $0.add("d/", type: "5", mode: 0o2777, group: UInt64(Processes.effectiveGroup)) },
            layer {
                $0.add(
                    "d/f", mode: 0o644, owner: UInt64(Processes.effectiveUser),
                    group: UInt64(Processes.effectiveGroup))
            },
        ])
        #expect(try unpacking.status("d/f").group == Processes.effectiveGroup)
        #expect(try unpacking.status("d/f").permissions == 0o644)
    }

    @Test func aFileOnTheWayIsRefused() throws {
        #expect(
            try Unpacking().refusal([
                layer {
                    $0.file("f")
                    $0.file("f/x")
                }
            ])?.contains("isn't a directory") == true)
    }

    @Test func garbageTruncationAndEmptyLayersAreRefused() throws {
        var noise = SeededGenerator(seed: 3)
        let good = layer { $0.file("f", String(repeating: "x", count: 10_000)) }.ended()
        for bytes in [[], (0..<4096).map { _ in UInt8.random(in: 0...255, using: &noise) }, Array(good[..<5000])] {
            let unpacking = try Unpacking()
            #expect(throws: UnpackError.self) { try unpacking.apply(bytes: [bytes]) }
            unpacking.expectUnharmed()
        }
    }

    @Test func errorsNameTheLayerTheEntryAndTheRule() throws {
        let refusal = try Unpacking().refusal([layer { $0.file("fine") }, layer { $0.file("a/../b") }])
        #expect(refusal == "layer 2, \"a/../b\": \"..\" leads out of the root")
    }

    @Test func theRootMustBeADirectory() throws {
        let directory = try TemporaryDirectory()
        try directory.write("f", [1])
        #expect(throws: UnpackError.self) {
            _ = try LayerUnpacker(root: try Files.open("\(directory.path)/f", flags: .readOnly))
        }
    }

    @Test func noDescriptorIsLeftOpen() throws {
        let before = try TreeListing.names("/proc/self/fd").count
        for _ in 0..<20 {
            let unpacking = try Unpacking()
            _ = try? unpacking.apply([
                layer { for index in 0..<20 { $0.file("a\(index)/b/c", "x") } }, layer { $0.file("../x") },
            ])
        }
        // Other tests run at the same time and hold a few of their own.
        #expect(try TreeListing.names("/proc/self/fd").count < before + 100)
    }
}
