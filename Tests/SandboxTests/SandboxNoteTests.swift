import Testing

@testable import Sandbox

@Suite struct SandboxNoteTests {
    @Test func whatAnOldKernelLacksIsTold() {
        for restricts in [false, true] {
            #expect(SandboxNote.of(version: 0, restricts) == [.withoutLandlock])
            #expect(SandboxNote.of(version: 4, restricts).isEmpty)
        }
        #expect(SandboxNote.of(version: 2, true) == [.portsNotRestricted(version: 2)])
        #expect(SandboxNote.of(version: 2, false).isEmpty)
    }
}
