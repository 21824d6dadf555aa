import SystemCalls
import Testing

@Suite struct PathPartsTests {
    @Test func emptyPartsAreLeftOut() {
        #expect("/a//b/".pathParts == ["a", "b"])
        #expect("".pathParts.isEmpty && "///".pathParts.isEmpty)
    }

    /// Swift's Character "/\u{301}" isn't "/"; the kernel sees a slash.
    @Test func aSlashIsASlashWhateverFollows() {
        #expect("/a/\u{301}b".pathParts == ["a", "\u{301}b"])
        #expect("a/../\u{200d}".pathParts == ["a", "..", "\u{200d}"])
        #expect("/\u{301}a".isAbsolutePath && !"a/".isAbsolutePath && !"".isAbsolutePath)
    }

    @Test(arguments: ["", ".", "..", "a/b", "a/\u{301}", "/", "a\0b"]) func whatIsNoNameIsNone(_ text: String) {
        #expect(!text.isPathPart)
    }

    @Test(arguments: ["a", "...", "\u{301}", "a b"]) func aNameIsOne(_ text: String) { #expect(text.isPathPart) }
}
