import ArchiveFixtures
import LayerUnpacking
import SystemCalls
import Testing

@Suite("A tree gets its place when it is complete")
struct StagedTreeTests {
    private func names(_ directory: TemporaryDirectory) throws -> [String] { try TreeListing.names(directory.path) }

    @Test func aPublishedTreeStaysUnderItsName() throws {
        let directory = try TemporaryDirectory()
        let parent = try directory.open()
        let staged = try StagedTree(in: parent)
        let hidden = try names(directory)
        #expect(hidden.count == 1 && hidden.allSatisfy { $0.hasPrefix(StagedTree.prefix) })
        #expect(try directory.status(hidden[0]).permissions == 0o700)
        let unpacker = try LayerUnpacker(root: try staged.open())
        try unpacker.apply(MemorySource(layer { $0.file("f", "x") }.ended()))
        #expect(try staged.publish(as: "root", in: parent, isDurable: true))
        #expect(try names(directory) == ["root"])
        #expect(try directory.text("root/f") == "x")
    }

    @Test func theSecondOfTwoUnpacksGivesWay() throws {
        let directory = try TemporaryDirectory()
        let parent = try directory.open()
        for (number, isFirst) in [(1, true), (2, false)] {
            let staged = try StagedTree(in: parent)
            let unpacker = try LayerUnpacker(root: try staged.open())
            try unpacker.apply(MemorySource(layer { $0.file("f", "\(number)") }.ended()))
            #expect(try staged.publish(as: "root", in: parent) == isFirst)
        }
        #expect(try names(directory) == ["root"])
        #expect(try directory.text("root/f") == "1")
    }

    @Test func aFailedUnpackLeavesNothingBehind() throws {
        let directory = try TemporaryDirectory()
        func attempt() throws {
            let staged = try StagedTree(in: try directory.open())
            let unpacker = try LayerUnpacker(root: try staged.open(), privileges: .none)
            try unpacker.apply(MemorySource(layer {
                $0.directory("closed/", mode: 0)
                $0.file("closed/\u{e9}/f", "x")
                $0.symbolicLink("closed/l", to: "/etc")
                $0.extended([("path", [0xff, 0xfe])])
                $0.file("x")
            }.ended()))
            try unpacker.apply(MemorySource(layer { $0.file("../f") }.ended()))
        }
        #expect(throws: UnpackError.self) { try attempt() }
        #expect(try names(directory).isEmpty)
    }

    @Test func aTreeDeeperThanDescriptorsLastIsRemoved() throws {
        let directory = try TemporaryDirectory()
        try directory.makeDirectory("deep")
        var level = try directory.open("deep")
        for _ in 0..<3_000 {
            try Files.makeDirectory("d", in: level.rawValue, mode: 0o500)
            let next = try Files.open("d", in: level.rawValue, flags: [.readOnly, .directory])
            level = next
        }
        try TreeRemoval.remove("\(directory.path)/deep")
        #expect(try names(directory).isEmpty)
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
