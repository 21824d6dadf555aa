import HostCapabilities
import Synchronization
import SystemCalls
import Testing

@Suite("A directory given to a guest")
struct FilesystemConfinementTests {
    /// Ways out of `inside`, each to a file that exists outside.
    static let escapes = [
        "../outside/secret", "d/../../outside/secret", "./../outside/secret", "d/../../inside/../outside/secret",
        "up/outside/secret", "out/secret", "secretlink", "absolute", "d/up2/outside/secret",
        "proc/self/root/etc/passwd",
        "..", "d/../..", "up",
    ]

    static func prepare() throws -> FilesystemScratch {
        let scratch = try FilesystemScratch()
        try scratch.makeDirectory("/inside/d")
        try scratch.makeLink("/inside/up", to: "..")
        try scratch.makeLink("/inside/d/up2", to: "../..")
        try scratch.makeLink("/inside/out", to: "../outside")
        try scratch.makeLink("/inside/secretlink", to: "../outside/secret")
        try scratch.makeLink("/inside/absolute", to: scratch.path + "/outside/secret")
        try scratch.makeLink("/inside/proc", to: "/proc")
        return scratch
    }

    @Test("is never left by a path that is opened or looked at", arguments: escapes)
    func neverLeft(path: String) throws {
        let scratch = try Self.prepare()
        let directory = try scratch.directory()
        #expect(throws: Errno.notPermitted) { try directory.open(path) }
        #expect(throws: Errno.notPermitted) { try directory.kind(path, followLinks: true) }
        #expect(throws: Errno.notPermitted) {
            try withPath(path) { (path) throws(Errno) in
                try directory.setTimes(of: path, followLinks: true, FileTimes(accessed: .now, modified: .now))
            }
        }
        #expect(throws: Errno.notPermitted) { try directory.open(path, [.write, .create, .truncate, .followLinks]) }
        #expect(try scratch.contents("/outside/secret") == "secret")
    }

    @Test("is never left by a name that is made, removed or moved")
    func neverChangedOutside() throws {
        let scratch = try Self.prepare()
        let directory = try scratch.directory()
        try scratch.write("", at: "/inside/f")
        for path in ["../outside/new", "out/new", "up/outside/new", "d/../../outside/new"] {
            #expect(throws: Errno.notPermitted) {
                try withPath(path) { (path) throws(Errno) in try directory.makeDirectory(path) }
            }
            #expect(throws: Errno.notPermitted) { try directory.makeLink(path, to: "x") }
            #expect(throws: Errno.notPermitted) { try directory.link("f", to: directory, path) }
            #expect(throws: Errno.notPermitted) { try directory.rename("f", to: directory, path) }
            #expect(throws: Errno.notPermitted) { try directory.open(path, [.write, .create]) }
        }
        for path in ["../outside/secret", "out/secret", "up/outside/secret"] {
            #expect(throws: Errno.notPermitted) {
                try withPath(path) { (path) throws(Errno) in try directory.removeFile(path) }
            }
            #expect(throws: Errno.notPermitted) { try directory.link(path, to: directory, "stolen") }
            #expect(throws: Errno.notPermitted) { try directory.rename(path, to: directory, "stolen") }
            #expect(throws: Errno.notPermitted) { try directory.readLink(path) }
        }
        #expect(try scratch.contents("/outside/secret") == "secret")
        #expect(!scratch.exists("/outside/new"))
    }

    @Test("keeps what lies above it untouched by `..` as the last component")
    func dotDotAsName() throws {
        let scratch = try Self.prepare()
        let directory = try scratch.directory()
        for path in ["..", "../", "d/../.."] {
            #expect(throws: Errno.self) {
                try withPath(path) { (path) throws(Errno) in try directory.removeDirectory(path) }
            }
            #expect(throws: Errno.self) {
                try withPath(path) { (path) throws(Errno) in try directory.removeFile(path) }
            }
            #expect(throws: Errno.self) { try directory.rename(path, to: directory, "stolen") }
            #expect(throws: Errno.self) { try directory.rename("d", to: directory, path) }
            #expect(throws: Errno.self) { try directory.link(path, to: directory, "stolen") }
            #expect(throws: Errno.notPermitted) { try directory.kind(path) }
        }
        #expect(scratch.exists("/inside/d"))
    }

    @Test("as the guest's root resolves absolute links and `..` inside of itself")
    func root() throws {
        let scratch = try FilesystemScratch()
        try scratch.makeDirectory("/inside/usr")
        try scratch.makeDirectory("/inside/etc")
        try scratch.write("of the image", at: "/inside/usr/x")
        try scratch.makeLink("/inside/etc/x", to: "/usr/x")
        try scratch.makeLink("/inside/etc/far", to: "../../../../usr/x")
        try scratch.makeLink("/inside/etc/gone", to: "/outside/secret")
        let directory = try scratch.directory(.readWrite, .root)
        #expect(try directory.read("etc/x") == "of the image")
        #expect(try directory.read("etc/far") == "of the image")
        #expect(try directory.read("../../usr/x") == "of the image")
        #expect(try directory.kind("etc/x", followLinks: true) == .regular)
        #expect(throws: Errno.noSuchFile) { try directory.read("etc/gone") }
        // The same directory opened again is the same right; one below is a right to less.
        #expect(try directory.subdirectory(".").read("etc/x") == "of the image")
        #expect(throws: Errno.notPermitted) { try directory.subdirectory("etc").read("x") }
        try directory.makeLink("abs", to: "/usr/x")
        #expect(try directory.read("abs") == "of the image")
    }

    @Test("is not left while a directory on the way is exchanged for a link again and again")
    func racingRename() throws {
        let scratch = try FilesystemScratch()
        // inside/door is by turns a directory with a harmless file and a link to what lies outside.
        try scratch.makeDirectory("/inside/door")
        try scratch.write("harmless", at: "/inside/door/secret")
        try scratch.makeLink("/inside/trap", to: "../outside")
        let directory = try scratch.directory()
        try withSwapper(of: scratch.inside + "/door", and: scratch.inside + "/trap") {
            var (opened, refused) = (0, 0)
            for _ in 0..<4_000 {
                if let text = try? directory.read("door/secret") {
                    #expect(text == "harmless")
                    opened += 1
                } else {
                    refused += 1
                }
                _ = try? withPath("door/planted") { (path) throws(Errno) in try directory.makeDirectory(path) }
                _ = try? directory.open("door/planted2", [.write, .create])
                _ = try? withPath("door/secret") { (path) throws(Errno) in
                    #expect(try directory.status(of: path, followLinks: true).size == 8)
                }
            }
            // Both states were met, or the race wasn't one.
            #expect(opened > 0 && refused > 0)
        }
        #expect(try scratch.contents("/outside/secret") == "secret")
        #expect(!scratch.exists("/outside/planted") && !scratch.exists("/outside/planted2"))
    }

    /// Exchanges two names in a second thread while the body runs.
    private func withSwapper(
        of first: String, and second: String, _ body: () throws -> Void
    ) throws {
        let stopper = Stopper()
        let thread = try JoinableThread {
            while !stopper.isStopped.load(ordering: .relaxed) {
                _ = try? TreeCalls.exchange(first, in: Files.currentDirectory, with: second, in: Files.currentDirectory)
            }
        }
        // Stopped first, then joined when its owner ends.
        defer { stopper.isStopped.store(true, ordering: .relaxed) }
        try withExtendedLifetime(thread) { try body() }
    }

    private final class Stopper: Sendable {
        let isStopped = Atomic<Bool>(false)
    }
}
