import Foundation
import SystemCalls
import Testing

/// What these tests need of the machine.
enum Mounting {
    static let isRoot = Processes.effectiveUser == 0
    static let user = ["setpriv", "--reuid", "1234", "--regid", "1235", "--clear-groups"]

    /// Whether a user without privileges gets namespaces in which it may mount.
    static let isForEveryone =
        isRoot
        && (try? Scratch().shell(Mounting.user + ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]).code) == 0
}

@Suite("martlet run -v", .enabled(if: Mounting.isRoot, "mounts are for root"), .timeLimit(.minutes(3)))
struct MountTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.visitorImage()
    }

    @Test func aFileOfTheHostIsReadAndWritten() throws {
        try scratch.directory("host", ["file": "from the host"])
        let mount = ["-v", "\(scratch.path("host/file")):/etc/conf"]
        #expect(try scratch.visit(mount, "r", "etc/conf").standardOutput == "from the host")
        let outcome = try scratch.visit(mount, "w", "etc/conf")
        #expect(outcome.exitCode == 0, "\(outcome.standardError)")
        #expect(try scratch.text("host/file") == "written")
    }

    @Test(arguments: [[], ["--read-only"]])
    func aReadOnlyFileIsNotWritten(_ options: [String]) throws {
        try scratch.directory("host", ["file": "from the host"])
        let mount = options + ["-v", "\(scratch.path("host/file")):/new/file:ro"]
        #expect(try scratch.visit(mount, "w", "new/file").exitCode == Guests.readOnly)
        #expect(try scratch.visit(mount, "r", "new/file").standardOutput == "from the host")
    }

    @Test func aMountHidesTheDirectoryOfTheImage() throws {
        let host = try scratch.directory("host", ["file": "from the host"])
        let mount = ["-v", "\(host):/data"]
        #expect(try scratch.visit([], "r", "data/own").standardOutput == "the image's")
        #expect(try scratch.visit(mount, "r", "data/own").exitCode == Guests.noSuchFile)
        #expect(try scratch.visit(mount, "r", "data/file").standardOutput == "from the host")
        #expect(try scratch.visit(mount, "w", "data/made").exitCode == 0)
        #expect(try scratch.text("host/made") == "written")
    }

    @Test(arguments: [[0, 1], [1, 0]])
    func mountsInsideOfEachOtherHoldInAnyOrder(_ order: [Int]) throws {
        let outer = try scratch.directory("outer", ["file": "outer"])
        let inner = try scratch.directory("inner", ["file": "inner"])
        let mounts = ["\(outer):/a", "\(inner):/a/b:ro"]
        let options = order.flatMap { ["-v", mounts[$0]] }
        #expect(try scratch.visit(options, "r", "a/file").standardOutput == "outer")
        #expect(try scratch.visit(options, "r", "a/b/file").standardOutput == "inner")
        #expect(try scratch.visit(options, "w", "a/b/file").exitCode == Guests.readOnly)
        #expect(try scratch.visit(options, "w", "a/file").exitCode == 0)
    }

    @Test(arguments: ["away", "up", "away/x", "up/x/y"])
    func aLinkOfTheImageAtTheDestinationStaysInside(_ destination: String) throws {
        let host = try scratch.directory("host", ["file": "from the host"])
        let outcome = try scratch.visit(["-v", "\(host):/\(destination)"], "r", "\(destination)/file")
        #expect(outcome.standardOutput == "from the host", "\(outcome.standardError)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("outside")).isEmpty)
    }

    @Test func whatCannotBeMountedIsRefusedWithTheReason() throws {
        let host = try scratch.directory("host", ["file": ""])
        let refused = [
            ("\(host):/", "hide the whole root"), ("\(host):/data/..", "hide the whole root"),
            ("\(host):/etc/conf", "root has none there"), ("\(host)/file:/data", "root has a directory there"),
            ("/dev/null:/null", "neither a file nor a directory"), ("\(host)/absent:/data", "create it first"),
        ]
        for (mount, reason) in refused {
            let outcome = try scratch.visit(["-v", mount], "r", "etc/conf")
            #expect(outcome.exitCode == 125)
            #expect(outcome.standardError.contains(reason), "\(outcome.standardError)")
        }
    }

    @Test func nothingIsMadeInsideOfAReadOnlyMount() throws {
        let host = try scratch.directory("host")
        let outcome = try scratch.visit(["-v", "\(host):/a:ro", "-v", "\(host):/a/b"], "r", "etc/conf")
        #expect(outcome.exitCode == 125)
        #expect(outcome.standardError.contains("read-only; make it there first"))
    }

    @Test(arguments: [[], ["--read-only"], ["-d", "--rm"]])
    func theSharedRootIsNeverWritten(_ options: [String]) throws {
        let host = try scratch.directory("host", ["file": ""])
        func roots() throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: scratch.path("store/roots")).sorted()
        }
        _ = try scratch.visit([], "r", "etc/conf")
        let before = try roots()
        let mounts = ["-v", "\(host):/new/place", "-v", "\(host)/file:/etc/file"]
        #expect(try scratch.visit(options + mounts, "r", "new/place/file").exitCode == 0)
        #expect(try scratch.visit(options + mounts, "w", "data/made").exitCode == 0 || options == ["--read-only"])
        #expect(try roots() == before)
    }

    @Test func manyMountsAreMade() throws {
        try scratch.directory("host", Dictionary(uniqueKeysWithValues: (0..<200).map { ("f\($0)", "\($0)") }))
        let mounts = (0..<200).flatMap { ["-v", "\(scratch.path("host/f\($0)")):/many/d\($0)/file:ro"] }
        #expect(try scratch.visit(mounts, "r", "many/d0/file").standardOutput == "0")
        #expect(try scratch.visit(mounts, "r", "many/d199/file").standardOutput == "199")
    }

    /// In a mount namespace of the test's own, where the source is shared as on most hosts.
    @Test func whatIsMountedBelowASourceIsReadOnlyTooAndNothingShowsOnTheHost() throws {
        let host = try scratch.directory("host", ["file": "", "below/file": ""])
        let run = "'\(scratch.martlet.path)' run --root '\(scratch.path("store"))' --state '\(scratch.path("state"))'"
        let script = """
            mount --bind '\(host)' '\(host)' && mount --make-shared '\(host)' || exit 90
            mount -t tmpfs none '\(host)/below' && echo below > '\(host)/below/file' || exit 91
            before=$(cat /proc/self/mountinfo)
            \(run) -v '\(host):/a:ro' visitor w a/below/file; echo "write $?"
            \(run) -v '\(host):/a' -v '\(scratch.path("outside")):/a/inner' visitor r a/below/file; echo "read $?"
            [ "$before" = "$(cat /proc/self/mountinfo)" ] && echo unchanged
            """
        let outcome = try scratch.shell(["unshare", "-m", "sh", "-c", script])
        #expect(outcome.output == "write 69\nbelow\nread 0\nunchanged\n", "\(outcome)")
    }

    @Test func aFileWithoutAnImageSeesItsMountsToo() throws {
        let guest = try scratch.file("visitor.wat", Guests.visitor)
        let host = try scratch.directory("host", ["file": "from the host", "inner/own": ""])
        let mounts = [
            "-v", "\(host)/file:/etc/conf", "-v", "\(host):/a", "-v", "\(scratch.path("outside")):/a/inner:ro",
        ]
        func visit(_ words: String...) throws -> MartletCommand.Outcome {
            try scratch.start("run", mounts + [guest] + words).wait()
        }
        #expect(try visit("r", "etc/conf").standardOutput == "from the host")
        #expect(try visit("r", "a/inner/own").exitCode == Guests.noSuchFile)
        #expect(try visit("w", "a/inner/new").exitCode == Guests.readOnly)
        #expect(try visit("w", "new").exitCode == Guests.readOnly)
        #expect(try visit("w", "a/new").exitCode == 0)
    }

    @Test func theUserThatWasAskedForWritesWhatItMay() throws {
        let host = try scratch.directory("host", ["file": "from the host"])
        let mount = ["--user", "1234:1235", "-v", "\(host):/data"]
        #expect(try scratch.visit(mount, "w", "data/made").exitCode != 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: host)
        #expect(try scratch.visit(mount, "w", "data/made").exitCode == 0)
        #expect(try FileStatus.of("\(host)/made").owner == 1234)
    }
}

@Suite(
    "martlet run -v of a user", .enabled(if: Mounting.isRoot, "takes root to become another"), .timeLimit(.minutes(2)))
struct UnprivilegedMountTests {
    private let scratch: Scratch
    private let run: String

    init() throws {
        scratch = try Scratch()
        let guest = try scratch.file("visitor.wat", Guests.visitor)
        try scratch.directory("host", ["file": "from the host", "inner/own": "own"])
        try scratch.directory("state")
        _ = try scratch.shell(["chown", "-R", "1234:1235", scratch.folder.path])
        run =
            "'\(scratch.martlet.path)' run --root '\(scratch.path("store"))' --state '\(scratch.path("state"))'"
            + " -v '\(scratch.path("host/file")):/file' '\(guest)'"
    }

    @Test(.enabled(if: Mounting.isForEveryone, "user namespaces that may mount"))
    func aUserMountsInNamespacesOfItsOwn() throws {
        let script = "\(run) r file; \(run) w file; echo $?; \(run) w new; echo $?"
        let outcome = try scratch.shell(Mounting.user + ["sh", "-c", script])
        #expect(outcome.output == "from the host0\n69\n", "\(outcome)")
        #expect(try scratch.text("host/file") == "written")
        #expect(try FileStatus.of(scratch.path("host/file")).owner == 1234)
    }

    /// The kernel gives a process in a chroot no user namespace.
    @Test func withoutThemAFileIsRefusedWithTheReasonAndADirectoryIsShown() throws {
        let place = try scratch.directory("root")
        let directory = run.replacingOccurrences(of: "host/file':/file", with: "host':/host")
            .replacingOccurrences(of: "/host/file:/file", with: "/host:/host")
        let inside = "\(run) r file 2>&1; echo $?; \(directory) r file; echo $?"
        let chroot = "mount --rbind / \(place) && exec chroot \(place) \"$@\""
        let outcome = try scratch.shell(
            ["unshare", "-m", "sh", "-c", chroot, "sh"] + Mounting.user + ["sh", "-c", inside])
        #expect(outcome.output.contains("user namespace that may mount"), "\(outcome)")
        #expect(outcome.output.hasSuffix("125\nfrom the host0\n"), "\(outcome)")
    }
}
