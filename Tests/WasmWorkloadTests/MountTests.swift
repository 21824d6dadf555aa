import ContainerMounts
import OCISpec
import Testing
import WasmWorkload

@Suite struct MountTests {
    @Test func aVolumeNamesBothSidesAndItsOptions() throws {
        #expect(try Volume(volume: "/h:/g") == Volume(source: "/h", destination: "/g", isReadOnly: false))
        #expect(try Volume(volume: "./h:/g/../x/:ro") == Volume(source: "./h", destination: "/x", isReadOnly: true))
        #expect(try Volume(volume: "/h:/g:rw,z") == Volume(source: "/h", destination: "/g", isReadOnly: false))
        #expect(try Volume(volume: "/h") == Volume(source: "/h", destination: "/h", isReadOnly: false))
    }

    @Test(arguments: ["", ":/g", "/h:g", "/h:/g:execute", "/h:/g:ro:rw", "data:/g", "/h\0:/g"])
    func aVolumeThatMakesNoSenseIsRefused(text: String) {
        #expect(throws: PlanError.self) { try Volume(volume: text) }
    }

    private func plan(_ mounts: [String]) throws -> WorkloadPlan {
        var image = ImageConfiguration(platform: Platform(os: "wasi", architecture: "wasm"))
        image.entrypoint = ["/hello.wasm"]
        var request = WorkloadRequest()
        request.mounts = try mounts.map { try Volume(volume: $0) }
        return try WorkloadPlan(image: image, root: "/store/root", name: "hello", request: request)
    }

    @Test func whatIsMountedInsideOfAnotherComesAfterIt() throws {
        let plan = try plan(["/1:/a/b/c", "/2:/x", "/3:/a", "/4:/a/b"])
        #expect(plan.mounts.map(\.destination) == ["/x", "/a", "/a/b", "/a/b/c"])
    }

    @Test(arguments: ["/h:/", "/h:/a/.."])
    func aMountOverTheWholeRootIsRefused(text: String) {
        #expect(throws: PlanError.self) { try plan([text]) }
    }
}
