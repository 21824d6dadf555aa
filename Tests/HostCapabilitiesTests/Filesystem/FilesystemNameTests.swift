import HostCapabilities
import SystemCalls
import Testing

@Suite("Names below a directory")
struct FilesystemNameTests {
    @Test("are made and removed by kind")
    func madeAndRemoved() throws {
        let scratch = try FilesystemScratch()
        let directory = try scratch.directory()
        try withPath("d") { (path) throws(Errno) in try directory.makeDirectory(path) }
        try withPath("d/e/") { (path) throws(Errno) in try directory.makeDirectory(path) }
        #expect(throws: Errno.exists) {
            try withPath("d") { (path) throws(Errno) in try directory.makeDirectory(path) }
        }
        #expect(throws: Errno.directoryNotEmpty) {
            try withPath("d") { (path) throws(Errno) in try directory.removeDirectory(path) }
        }
        #expect(throws: Errno.isDirectory) {
            try withPath("d/e") { (path) throws(Errno) in try directory.removeFile(path) }
        }
        try withPath("d/e/") { (path) throws(Errno) in try directory.removeDirectory(path) }
        try scratch.write("", at: "/inside/f")
        #expect(throws: Errno.notDirectory) {
            try withPath("f") { (path) throws(Errno) in try directory.removeDirectory(path) }
        }
        #expect(throws: Errno.notDirectory) {
            try withPath("f/") { (path) throws(Errno) in try directory.removeFile(path) }
        }
        try withPath("f") { (path) throws(Errno) in try directory.removeFile(path) }
        #expect(!scratch.exists("/inside/f"))
    }

    @Test("get a link with a relative target; an absolute one is refused")
    func links() throws {
        let scratch = try FilesystemScratch()
        let directory = try scratch.directory()
        try directory.makeLink("link", to: "some/where")
        #expect(try directory.readLink("link") == "some/where")
        #expect(try directory.readLink("link", room: 4) == "some")
        #expect(try directory.readLink("link", room: 0) == "")
        #expect(throws: Errno.exists) { try directory.makeLink("link", to: "x") }
        #expect(throws: Errno.exists) { try directory.makeLink("link/", to: "x") }
        #expect(throws: Errno.noSuchFile) { try directory.makeLink("new/", to: "x") }
        #expect(throws: Errno.noSuchFile) { try directory.makeLink("new", to: "") }
        #expect(throws: Errno.invalid) { try directory.makeLink("new", to: "a\0b") }
        #expect(throws: Errno.notPermitted) { try directory.makeLink("new", to: "/etc/passwd") }
        try scratch.write("", at: "/inside/f")
        #expect(throws: Errno.invalid) { try directory.readLink("f") }
        #expect(throws: Errno.invalid) { try directory.readLink("./f") }
        #expect(try directory.readLink("./link") == "some/where")
    }

    @Test("move within and between directories, directories too")
    func moved() throws {
        let scratch = try FilesystemScratch()
        try scratch.makeDirectory("/inside/a")
        try scratch.makeDirectory("/inside/b")
        try scratch.write("text", at: "/inside/a/f")
        let directory = try scratch.directory()
        let target = try directory.subdirectory("b")
        try directory.rename("a/f", to: target, "g")
        #expect(try scratch.contents("/inside/b/g") == "text")
        try directory.rename("b/", to: directory, "a")
        #expect(try scratch.contents("/inside/a/g") == "text")
        #expect(throws: Errno.notDirectory) { try directory.rename("a/g/", to: directory, "h") }
        #expect(throws: Errno.notDirectory) { try directory.rename("a/g", to: directory, "h/") }
        try scratch.makeDirectory("/inside/c")
        #expect(throws: Errno.isDirectory) { try directory.rename("a/g", to: directory, "a/../c") }
        #expect(throws: Errno.notDirectory) { try directory.rename("c", to: directory, "a/g") }
        #expect(throws: Errno.invalid) { try directory.rename("a", to: directory, "a/below") }
        #expect(throws: Errno.noSuchFile) { try directory.rename("gone", to: directory, "h") }
    }

    @Test("can't be linked or moved across the border of a read-only mount")
    func bothSides() throws {
        let scratch = try FilesystemScratch()
        try scratch.write("text", at: "/inside/f")
        let (writable, readOnly) = (try scratch.directory(), try scratch.directory(.readOnly))
        // A second name in the writable directory would open the file for writing.
        #expect(throws: Errno.crossDevice) { try readOnly.link("f", to: writable, "g") }
        #expect(throws: Errno.crossDevice) { try writable.link("f", to: readOnly, "g") }
        #expect(throws: Errno.crossDevice) { try readOnly.rename("f", to: writable, "g") }
        #expect(throws: Errno.crossDevice) { try writable.rename("f", to: readOnly, "g") }
        #expect(throws: Errno.readOnlyFileSystem) { try readOnly.link("f", to: readOnly, "g") }
        #expect(throws: Errno.readOnlyFileSystem) { try readOnly.rename("f", to: readOnly, "g") }
        #expect(throws: Errno.readOnlyFileSystem) { try readOnly.makeLink("g", to: "f") }
        for path in ["f", "new"] {
            #expect(throws: Errno.readOnlyFileSystem) {
                try withPath(path) { (path) throws(Errno) in try readOnly.makeDirectory(path) }
            }
            #expect(throws: Errno.readOnlyFileSystem) {
                try withPath(path) { (path) throws(Errno) in try readOnly.removeFile(path) }
            }
            #expect(throws: Errno.readOnlyFileSystem) {
                try withPath(path) { (path) throws(Errno) in try readOnly.removeDirectory(path) }
            }
            #expect(throws: Errno.readOnlyFileSystem) {
                try withPath(path) { (path) throws(Errno) in
                    try readOnly.setTimes(of: path, followLinks: false, FileTimes(accessed: .now, modified: .now))
                }
            }
        }
        #expect(!scratch.exists("/inside/g"))
    }

    @Test("keep the times that are set, of a link itself or of what it leads to")
    func times() throws {
        let scratch = try FilesystemScratch()
        try scratch.write("", at: "/inside/f")
        try scratch.makeLink("/inside/link", to: "f")
        let directory = try scratch.directory()
        let times = FileTimes(
            accessed: .set(nanosecondsSinceEpoch: 1_000_000_001), modified: .set(nanosecondsSinceEpoch: 2_000_000_002))
        try withPath("link") { (path) throws(Errno) in try directory.setTimes(of: path, followLinks: true, times) }
        #expect(try FileStatus.of(scratch.inside + "/f").modified == 2_000_000_002)
        #expect(try FileStatus.of(scratch.inside + "/f").accessed == 1_000_000_001)
        #expect(try FileStatus.of(scratch.inside + "/link").modified != 2_000_000_002)
        let keep = FileTimes(accessed: .keep, modified: .set(nanosecondsSinceEpoch: 3_000_000_003))
        try withPath("link") { (path) throws(Errno) in try directory.setTimes(of: path, followLinks: false, keep) }
        #expect(try FileStatus.of(scratch.inside + "/link").modified == 3_000_000_003)
        #expect(try FileStatus.of(scratch.inside + "/f").modified == 2_000_000_002)
    }
}
