import Testing
import WasmWorkload

@Suite struct MountTests {
    @Test func aVolumeNamesBothSidesAndItsOptions() throws {
        #expect(try Mount(volume: "/h:/g") == Mount(source: "/h", destination: "/g", isReadOnly: false))
        #expect(try Mount(volume: "./h:/g/../x/:ro") == Mount(source: "./h", destination: "/x", isReadOnly: true))
        #expect(try Mount(volume: "/h:/g:rw,z") == Mount(source: "/h", destination: "/g", isReadOnly: false))
        #expect(try Mount(volume: "/h") == Mount(source: "/h", destination: "/h", isReadOnly: false))
    }

    @Test(arguments: ["", ":/g", "/h:g", "/h:/g:execute", "/h:/g:ro:rw", "data:/g", "/h\0:/g"])
    func aVolumeThatMakesNoSenseIsRefused(text: String) {
        #expect(throws: PlanError.self) { try Mount(volume: text) }
    }
}
