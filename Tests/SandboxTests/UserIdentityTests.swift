import ProbeRunner
import SystemCalls
import Testing

@testable import Sandbox

@Suite struct UserIdentityTests {
    private func resolve(_ text: String, in directory: TemporaryDirectory?) throws -> UserIdentity {
        guard let directory else { return try UserIdentity.resolve(text, inRoot: nil) }
        let root = try Files.open(directory.path, flags: [.readOnly, .directory])
        return try UserIdentity.resolve(text, inRoot: root.rawValue)
    }

    private func image() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.write("etc/passwd", "root:x:0:0::/:\nbroken\nweb:x:33:34::/:/bin/sh\nbad:x:4294967295:1::/:\n")
        try directory.write("etc/group", "root:x:0:\nwww:x:34:\nextra:x:77:db,web\nmore:x:78:web\n")
        return directory
    }

    @Test func aNameTakesItsEntryAndTheGroupsThatListIt() throws {
        #expect(try resolve("web", in: image()) == UserIdentity(user: 33, group: 34, supplementary: [77, 78]))
    }

    @Test func aNumberTakesItsEntryOrGroup0() throws {
        #expect(try resolve("33", in: image()) == UserIdentity(user: 33, group: 34, supplementary: [77, 78]))
        #expect(try resolve("1000", in: image()) == UserIdentity(user: 1000, group: 0))
        #expect(
            try resolve("4294967294:4294967294", in: nil) == UserIdentity(user: 4_294_967_294, group: 4_294_967_294))
    }

    @Test func aGroupOfItsOwnReplacesTheOthers() throws {
        #expect(try resolve("web:extra", in: image()) == UserIdentity(user: 33, group: 77))
        #expect(try resolve("web:5", in: image()) == UserIdentity(user: 33, group: 5))
    }

    @Test(arguments: ["4294967295", "4294967296", "99999999999999999999", "-1", "0:4294967295", "bad"])
    func aNumberThatWrapsIsRefused(_ text: String) throws {
        #expect(throws: UserError.self) { try resolve(text, in: image()) }
    }

    @Test(arguments: ["", ":", "web:", ":34", "nobody", "web:nogroup", "web:1:2", "web\0"])
    func whatIsNoUserIsRefused(_ text: String) throws {
        #expect(throws: UserError.self) { try resolve(text, in: image()) }
    }

    @Test func aNameWithoutARootIsUnknown() {
        #expect(throws: UserError.unknownUser("web")) { try resolve("web", in: nil) }
    }

    @Test func anEndlessFileIsNotRead() throws {
        let directory = try image()
        let file = try Files.open("\(directory.path)/etc/group", flags: .writeOnly)
        try TransferCalls.truncate(file.rawValue, to: 1 << 30)
        #expect(throws: UserError.self) { try resolve("web", in: directory) }
        #expect(throws: UserError.self) { try resolve("web:extra", in: directory) }
    }

    @Test func aLinkInTheImageDoesNotLeadToTheHostsAccounts() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.makeDirectory("etc")
        try FileCalls.symbolicLink(to: "/etc/shadow-of-nobody/../passwd", at: "\(directory.path)/etc/passwd", in: -100)
        #expect(throws: UserError.self) { try resolve("root", in: directory) }
    }

    @Test func aPipeIsNotWaitedFor() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.makeDirectory("etc")
        try OwnershipCalls.makeNode(.pipe, "\(directory.path)/etc/passwd", in: -100)
        #expect(throws: UserError.self) { try resolve("root", in: directory) }
    }
}
