import ArchiveFixtures
import LayerUnpacking
import SystemCalls
import Testing

@Suite("Removing a tree that an image filled")
struct TreeRemovalTests {
    private func names(_ directory: TemporaryDirectory) throws -> [String] { try TreeListing.names(directory.path) }

    @Test func whatAFailedUnpackLeftIsRemovedWhole() throws {
        let unpacking = try Unpacking()
        let refusal = unpacking.refusal([
            layer {
                $0.directory("closed/", mode: 0)
                $0.file("closed/\u{e9}/f", "x")
                $0.symbolicLink("closed/l", to: "../outside")
                $0.extended([("path", [0xff, 0xfe])])
                $0.file("x")
            },
            layer { $0.file("../f") },
        ])
        #expect(refusal != nil)
        try TreeRemoval.remove(unpacking.cage.root)
        #expect(try names(unpacking.cage.directory) == ["outside"])
        unpacking.expectUnharmed()
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

    @Test func aDeepTreeThatItsOwnerMayNotWriteToIsRemovedWithoutPrivileges() throws {
        let directory = try TemporaryDirectory()
        try directory.makeDirectory("deep")
        var levels = [try directory.open("deep").release()]
        for _ in 0..<200 {
            let level = levels[levels.count - 1]
            try Files.makeDirectory("d", in: level, mode: 0o700)
            levels.append(try Files.open("d", in: level, flags: [.readOnly, .directory]).release())
        }
        for level in levels {
            let owned = OwnedDescriptor(adopting: level)
            try OwnershipCalls.setPermissions(of: owned.rawValue, 0o555)
        }
        let path = directory.path
        // Capabilities are a thread's own.
        let thread = try JoinableThread {
            #expect(throws: Never.self) {
                try Confinement.clearCapabilities()
                try TreeRemoval.remove("\(path)/deep")
            }
        }
        _ = consume thread
        #expect(try names(directory).isEmpty)
    }
}
