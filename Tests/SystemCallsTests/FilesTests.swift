import SystemCalls
import Testing

@Suite struct FilesTests {
    @Test func aFailedOpenNamesThePathAndTheReason() {
        let error = #expect(throws: SystemCallError.self) {
            _ = try Files.open("/nonexistent/file", flags: .readOnly).release()
        }
        #expect(error?.description == "openat2 \"/nonexistent/file\": no such file or directory (ENOENT)")
    }

    @Test func aPathThatLeavesItsDirectoryIsRefused() throws {
        let directory = try Files.open("/usr", flags: [.path, .directory])
        let number = directory.rawValue
        let error = #expect(throws: SystemCallError.self) {
            _ = try Files.open("../etc/passwd", in: number, flags: .readOnly, resolve: .beneath).release()
        }
        #expect(error?.errno == .crossDevice)
    }

    @Test func aFileLargerThanItsLimitIsRefused() throws {
        let error = #expect(throws: SystemCallError.self) { _ = try Files.contents(of: "/etc/passwd", limit: 10) }
        #expect(error?.errno == .fileTooLarge)
        #expect(try Files.contents(of: "/etc/passwd", limit: 1 << 20).starts(with: Array("root:".utf8)))
    }

    @Test func aDescriptorIsClosedOnceWhenItsOwnerEnds() throws {
        var number: Int32 = -1
        do {
            let owned = try Files.open("/dev/null", flags: .readOnly)
            number = owned.rawValue
            #expect(Descriptors.isOpen(number))
        }
        #expect(!Descriptors.isOpen(number))
    }
}
