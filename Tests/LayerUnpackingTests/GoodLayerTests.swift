import Archive
import ArchiveFixtures
import LayerUnpacking
import SystemCalls
import Testing

@Suite("What good layers become")
struct GoodLayerTests {
    @Test func filesKeepContentModeAndTime() throws {
        let unpacking = try Unpacking()
        let summary = try unpacking.apply([
            layer {
                $0.directory("d/", mode: 0o2755, modified: 1234)
                $0.extended("mtime", "1500000000.123456789")
                $0.add("d/f", data: Array("hello".utf8), mode: 0o4751)
                $0.add("d/closed", mode: 0)
            }
        ])
        #expect(try unpacking.text("d/f") == "hello")
        #expect(try unpacking.status("d/f").permissions == (isRoot ? 0o4751 : 0o751))
        #expect(try unpacking.status("d/f").modified == 1_500_000_000_123_456_789)
        #expect(try unpacking.status("d/closed").permissions == 0)
        #expect(try unpacking.status("d").modified == 1234 * 1_000_000_000)
        #expect(summary.entries == 3 && summary.bytes == 5 && summary.layers == 1)
    }

    @Test func directoriesOnTheWayAreMadeAndCounted() throws {
        let unpacking = try Unpacking()
        let summary = try unpacking.apply([layer { $0.file("./a//b/./c", "x") }])
        #expect(try unpacking.text("a/b/c") == "x")
        #expect(try unpacking.status("a/b").permissions == 0o755)
        #expect(summary.entries == 3)
    }

    @Test(.enabled(if: isRoot)) func ownersAndDeviceNodesAreMadeByRoot() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer {
                $0.directory("d/", mode: 0o1777, owner: 33)
                $0.add("d/f", mode: 0o6755, owner: 1000, group: 2000)
                $0.add("null", type: "3", mode: 0o666, device: (1, 3))
                $0.add("disk", type: "4", mode: 0o660, group: 6, device: (8, 1))
                $0.add("pipe", type: "6", mode: 0o622)
                $0.add("link", type: "2", owner: 5, link: "nowhere")
            }
        ])
        #expect(try unpacking.status("d").owner == 33 && unpacking.status("d").permissions == 0o1777)
        let file = try unpacking.status("d/f")
        #expect(file.owner == 1000 && file.group == 2000 && file.permissions == 0o6755)
        let null = try unpacking.status("null")
        #expect(
            null.kind == .characterDevice && null.permissions == 0o666 && OwnershipCalls.deviceNumbers(null) == (1, 3))
        let disk = try unpacking.status("disk")
        #expect(disk.kind == .blockDevice && disk.group == 6 && OwnershipCalls.deviceNumbers(disk) == (8, 1))
        #expect(try unpacking.status("pipe").kind == .pipe && unpacking.status("pipe").permissions == 0o622)
        #expect(try unpacking.status("link").owner == 5)
        #expect(try unpacking.status("link").modified == 1_000_000_000_000_000_000)
    }

    @Test func withoutPrivilegeOwnersDevicesAndCapabilitiesAreNotes() throws {
        var unpacking = try Unpacking()
        unpacking.privileges = .none
        let summary = try unpacking.apply([
            layer {
                $0.add("f", mode: 0o6755, owner: 12345)
                $0.add("g", owner: 12345)
                $0.add("null", type: "3", device: (1, 3))
                $0.extended([("SCHILY.xattr.security.capability", [1, 0, 0, 2] + [UInt8](repeating: 0, count: 16))])
                $0.file("capable")
                $0.add("pipe", type: "6", mode: 0o600)
            }
        ])
        #expect(try unpacking.status("f").permissions == 0o755)
        #expect(!unpacking.exists("null"))
        #expect(try unpacking.status("pipe").kind == .pipe)
        let counts = Dictionary(uniqueKeysWithValues: summary.notes.map { ($0.kind, $0.count) })
        #expect(counts[.deviceSkipped] == 1 && counts[.setIDBitsDropped] == 1 && counts[.attributeNotSet] == 1)
        #expect((counts[.ownerNotSet] ?? 0) >= 2)
        #expect(summary.notes.contains { "\($0)".contains("owner not set (not privileged): f and") })
    }

    @Test func onlyAttributesThatConcernTheProgramAreTakenOver() throws {
        let unpacking = try Unpacking()
        let capability: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0] + [UInt8](repeating: 0, count: 12)
        let summary = try unpacking.apply([
            layer {
                $0.extended([
                    ("SCHILY.xattr.user.colour", [1, 0, 255]), ("SCHILY.xattr.security.capability", capability),
                    ("SCHILY.xattr.trusted.overlay.opaque", [0x79]), ("SCHILY.xattr.security.selinux", [0x78]),
                    ("SCHILY.xattr.system.posix_acl_access", [2, 0, 0, 0]),
                ])
                $0.add("f", data: [1], mode: 0o755, owner: 3)
            }
        ])
        let file = try Files.open("\(unpacking.cage.root)/f", flags: .readOnly)
        let names = try OwnershipCalls.attributes(of: file.rawValue).map { String(decoding: $0, as: UTF8.self) }
        #expect(names.sorted() == (isRoot ? ["security.capability", "user.colour"] : ["user.colour"]))
        #expect(try OwnershipCalls.attribute(of: file.rawValue, "user.colour") == [1, 0, 255])
        if isRoot { #expect(try OwnershipCalls.attribute(of: file.rawValue, "security.capability") == capability) }
        #expect(summary.notes.first { $0.kind == .attributeSkipped }?.count == 3)
    }

    @Test func hardLinksShareOneFileAndAreResolvedInsideTheRoot() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer { $0.file("usr/f", "one") },
            layer {
                $0.hardLink("a", to: "usr/f")
                $0.hardLink("b", to: "/usr/f")
                $0.hardLink("c", to: "./a")
                // To itself, and again: nothing may be lost.
                $0.hardLink("a", to: "a")
                $0.hardLink("a", to: "usr/f")
            },
        ])
        let inode = try unpacking.status("usr/f").inode
        for name in ["a", "b", "c"] { #expect(try unpacking.status(name).inode == inode) }
        #expect(try unpacking.text("c") == "one")
    }

    @Test func aHardLinkToASymbolicLinkIsThatLink() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer {
                $0.symbolicLink("s", to: "../outside/file")
                $0.hardLink("h", to: "s")
            }
        ])
        #expect(try unpacking.status("h").kind == .symbolicLink)
        #expect(try unpacking.status("h").inode == unpacking.status("s").inode)
        unpacking.expectUnharmed()
    }

    @Test func sparseFilesKeepTheirHoles() throws {
        let unpacking = try Unpacking()
        let map = Array("1\n8388608\n3\n".utf8)
        try unpacking.apply([
            layer {
                $0.extended([
                    ("GNU.sparse.major", [0x31]), ("GNU.sparse.minor", [0x30]), ("GNU.sparse.name", Array("s".utf8)),
                    ("GNU.sparse.realsize", Array("16777216".utf8)),
                ])
                $0.add("x", data: map + [UInt8](repeating: 0, count: 512 - map.count) + Array("abc".utf8))
            }
        ])
        let status = try unpacking.status("s")
        #expect(status.size == 16 << 20)
        #expect(status.allocated < 1 << 20)
        #expect(try unpacking.cage.directory.read("root/s")[8_388_608..<8_388_611].elementsEqual(Array("abc".utf8)))
    }

    @Test func laterLayersReplaceAndExtend() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer {
                $0.directory("d/", mode: 0o700, modified: 5)
                $0.file("d/f", "old")
                $0.hardLink("d/same", to: "d/f")
                $0.file("file-to-directory", "x")
                $0.file("tree/a/b", "x")
                $0.symbolicLink("link-to-directory", to: "d")
                $0.symbolicLink("link-to-file", to: "d/f")
            },
            layer {
                $0.file("d/f", "new", mode: 0o600)
                $0.directory("file-to-directory/", mode: 0o750)
                $0.file("tree", "now a file")
                $0.directory("link-to-directory/")
                $0.file("link-to-directory/own", "x")
                $0.file("link-to-file", "own")
            },
        ])
        #expect(try unpacking.text("d/f") == "new")
        // A file is made anew, so its other name keeps the old one.
        #expect(try unpacking.text("d/same") == "old")
        #expect(try unpacking.status("d/same").permissions == 0o644)
        // The second layer has no entry for d: it stays as it was.
        #expect(try unpacking.status("d").permissions == 0o700 && unpacking.status("d").modified == 5_000_000_000)
        #expect(try unpacking.status("file-to-directory").permissions == 0o750)
        #expect(try unpacking.text("tree") == "now a file")
        #expect(try unpacking.names("link-to-directory") == ["own"])
        #expect(try unpacking.text("link-to-file") == "own")
        #expect(try unpacking.names("d") == ["f", "same"])
    }

    @Test func aDirectoryEntryChangesALowerDirectoryAndKeepsItsContent() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer {
                $0.extended([("SCHILY.xattr.user.old", [1])])
                $0.directory("d/", mode: 0o700)
                $0.file("d/f")
            },
            layer {
                $0.extended([("SCHILY.xattr.user.new", [1])])
                $0.directory("d", mode: 0o711, modified: 77)
            },
        ])
        #expect(try unpacking.status("d").permissions == 0o711 && unpacking.status("d").modified == 77_000_000_000)
        #expect(try unpacking.names("d") == ["f"])
        let directory = try unpacking.cage.directory.open("root/d")
        #expect(try OwnershipCalls.attributes(of: directory.rawValue) == [Array("user.new".utf8)])
    }

    @Test func theRootEntrySetsTheRootsModeAndTime() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer {
                $0.directory("./", mode: 0o751, modified: 99)
                $0.file("./f")
            }
        ])
        #expect(try unpacking.status(".").permissions == 0o751 && unpacking.status(".").modified == 99_000_000_000)
    }

    @Test func duplicateEntriesMeanTheLastOne() throws {
        let unpacking = try Unpacking()
        try unpacking.apply([
            layer {
                $0.file("f", "one")
                $0.file("f", "two")
                $0.directory("f/")
                $0.file("f/x", "x")
                $0.symbolicLink("f", to: "y")
                $0.directory("d/", mode: 0o700)
                $0.file("d/x", "x")
                $0.directory("d/", mode: 0o711)
            }
        ])
        #expect(try unpacking.status("f").kind == .symbolicLink)
        #expect(try unpacking.status("d").permissions == 0o711)
        #expect(try unpacking.names("d") == ["x"])
    }

    @Test(.enabled(if: isRoot)) func aClosedDirectoryCanStillBeFilled() throws {
        var unpacking = try Unpacking()
        unpacking.privileges = .none
        try unpacking.apply([
            layer {
                $0.directory("d/", mode: 0)
                $0.file("d/f", "x")
            },
            layer { $0.file("d/g", "y") },
        ])
        #expect(try unpacking.status("d").permissions == 0)
        #expect(try unpacking.names("d") == ["f", "g"])
    }
}
