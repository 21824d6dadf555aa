import HostCapabilities
import SystemCalls
import Testing

@Suite("A path from a guest")
struct FilesystemPathTests {
    @Test("is refused when empty, absolute, too long or with a zero inside")
    func refused() throws {
        #expect(throws: Errno.noSuchFile) { try withPath("") { _ in } }
        #expect(throws: Errno.notPermitted) { try withPath("/") { _ in } }
        #expect(throws: Errno.notPermitted) { try withPath("/etc/passwd") { _ in } }
        #expect(throws: Errno.invalid) { try withPath("a\0b") { _ in } }
        #expect(throws: Errno.invalid) { try withPath("a\0") { _ in } }
        #expect(throws: Errno.nameTooLong) { try withPath(String(repeating: "a", count: 4096)) { _ in } }
        try withPath(String(repeating: "a", count: 4095)) { _ in }
    }

    @Test(
        "of any shape finds the file that the kernel finds",
        arguments: ["a", "./a", "d/../a", "d//../a", "d/./../a", ".//a", "d/e/../../a"])
    func shapes(path: String) throws {
        let scratch = try FilesystemScratch()
        try scratch.write("here", at: "/inside/a")
        try scratch.makeDirectory("/inside/d")
        try scratch.makeDirectory("/inside/d/e")
        #expect(try scratch.directory().read(path) == "here")
        #expect(try scratch.directory().kind(path) == .regular)
    }

    @Test("needn't be UTF-8")
    func bytes() throws {
        let scratch = try FilesystemScratch()
        let directory = try scratch.directory()
        let name: [UInt8] = [0xff, 0xfe, 0x41]
        let kind = try withUnsafeTemporaryAllocation(byteCount: 3, alignment: 1) { (copy) throws(Errno) in
            copy.copyBytes(from: name)
            return try SandboxPath.with(UnsafeRawBufferPointer(copy)) { (path) throws(Errno) in
                _ = try directory.open(path, [.write, .create])
                return try directory.status(of: path, followLinks: true).kind
            }
        }
        #expect(kind == .regular)
    }

    @Test("with a slash at its end means a directory only")
    func trailingSlash() throws {
        let scratch = try FilesystemScratch()
        try scratch.write("", at: "/inside/file")
        try scratch.makeDirectory("/inside/d")
        try scratch.makeLink("/inside/link", to: "d")
        let directory = try scratch.directory()
        #expect(try directory.kind("d/") == .directory)
        #expect(try directory.kind("d///") == .directory)
        // As on Linux the slash asks for what the link leads to.
        #expect(try directory.kind("link/") == .directory)
        #expect(try directory.kind("link") == .symbolicLink)
        #expect(throws: Errno.notDirectory) { try directory.kind("file/") }
        #expect(throws: Errno.notDirectory) { try directory.open("file/") }
    }
}
