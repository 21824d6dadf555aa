import FieldErrors
import SystemCalls
import Testing

@testable import ContainerMounts

@Suite struct MountOptionsTests {
    private func options(_ options: String...) throws -> MountOptions {
        try MountOptions(options, field: "mounts[3].options")
    }

    @Test func attributesAreSet() throws {
        let options = try options("ro", "nosuid", "nodev", "noexec", "nosymfollow", "nodiratime")
        #expect(
            options.own.set
                == [.readOnly, .noSetUserID, .noDevices, .noExecution, .noSymbolicLinks, .noDirectoryAccessTimes])
        #expect(options.own.clear.isEmpty)
    }

    @Test func aLaterOptionOverridesAnEarlierOne() throws {
        #expect(try options("ro", "rw").own == .init(set: [], clear: .readOnly))
        #expect(try options("rw", "ro").own == .init(set: .readOnly, clear: []))
        #expect(try options("suid", "nosuid", "suid").own == .init(set: [], clear: .noSetUserID))
    }

    @Test func oneWayToKeepAccessTimesReplacesAnother() throws {
        #expect(try options("noatime").own == .init(set: .noAccessTimes, clear: .accessTimeMask))
        #expect(try options("noatime", "strictatime").own == .init(set: .strictAccessTimes, clear: .accessTimeMask))
        #expect(try options("strictatime", "relatime").own == .init(set: [], clear: .accessTimeMask))
    }

    @Test(arguments: [
        ("rro", Mounts.Attributes.readOnly), ("rnosuid", .noSetUserID), ("rnodev", .noDevices),
        ("rnoexec", .noExecution), ("rnosymfollow", .noSymbolicLinks), ("rnodiratime", .noDirectoryAccessTimes),
    ])
    func recursiveFormsAreKeptApart(_ option: String, _ attribute: Mounts.Attributes) throws {
        let options = try options(option)
        #expect(options.recursive == .init(set: attribute, clear: []))
        #expect(options.own.isEmpty)
    }

    @Test(arguments: [
        ("shared", Mounts.Propagation.shared, false), ("rshared", .shared, true), ("slave", .slave, false),
        ("rslave", .slave, true), ("private", .private, false), ("rprivate", .private, true),
        ("unbindable", .unbindable, false), ("runbindable", .unbindable, true),
    ])
    func propagationIsMadeOut(_ option: String, _ kind: Mounts.Propagation, _ isRecursive: Bool) throws {
        #expect(try options(option).propagation == [.init(kind: kind, isRecursive: isRecursive)])
    }

    @Test func bindAndRbindAreTold() throws {
        #expect(try options("bind").bind == .single)
        #expect(try options("bind", "rbind").bind == .recursive)
        #expect(try options("rbind", "bind").bind == .recursive)
        #expect(try options("ro").bind == nil)
    }

    @Test func theRestGoesToTheFileSystem() throws {
        let options = try options("size=64k", "newinstance", "lowerdir=/a=b:/c", "sync", "tmpcopyup")
        #expect(
            options.parameters == [
                .init(key: "size", value: "64k"), .init(key: "newinstance"), .init(key: "lowerdir", value: "/a=b:/c"),
            ])
        #expect(options.superblock == ["sync"])
        #expect(options.copiesUp)
    }

    @Test func optionsOfCrunAreKnown() throws {
        let options = try options("src-nofollow", "dest-nofollow", "copy-symlink", "idmap=uids=0-1-2;gids=0-1-2")
        #expect(!options.followsSource && !options.followsDestination && options.copiesSymbolicLink)
        #expect(options.mapping == .described("uids=0-1-2;gids=0-1-2", recursive: false))
        #expect(try self.options("ridmap").mapping == .recursive)
    }

    @Test func whatOnlyMount8CaresAboutHasNoEffect() throws {
        #expect(try options("defaults", "async", "silent", "norelatime", "x-systemd.automount", "nofail") == options())
    }

    @Test func tooManyParametersAreRefusedByTheFieldsName() {
        #expect(throws: FieldError("mounts[3].options", "more than 4096 bytes of parameters")) {
            try options("x=" + String(repeating: "y", count: 4096))
        }
        #expect(throws: FieldError("mounts[3].options", "257 options, at most 256 are taken")) {
            try MountOptions(Array(repeating: "ro", count: 257), field: "mounts[3].options")
        }
    }

    @Test func aZeroByteIsRefused() {
        #expect(throws: FieldError("mounts[3].options", "an option holds a zero byte")) { try options("size=1\u{0}2") }
        #expect(throws: FieldError("mounts[3].options", "\"=x\" has no name")) { try options("=x") }
    }

    @Test func featuresListsEveryNameOnce() {
        let names = KnownOptions.names
        #expect(names.count == Set(names).count)
        #expect(names.contains("rbind") && names.contains("rro") && names.contains("tmpcopyup"))
    }
}
