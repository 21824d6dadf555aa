import ContainerMounts
import HostCapabilities
import OCISpec
import Testing
import WasmWorkload

@Suite struct ImagePlanTests {
    private func image(
        entrypoint: [String] = ["/hello.wasm"], command: [String] = [], environment: [String] = [],
        directory: String? = nil, user: String? = nil
    ) -> ImageConfiguration {
        var image = ImageConfiguration(platform: Platform(os: "wasi", architecture: "wasm"))
        image.entrypoint = entrypoint
        image.command = command
        image.environment = environment
        image.workingDirectory = directory
        image.user = user
        return image
    }

    private func plan(_ image: ImageConfiguration, _ change: (inout WorkloadRequest) -> Void = { _ in }) throws
        -> WorkloadPlan
    {
        var request = WorkloadRequest()
        change(&request)
        return try WorkloadPlan(image: image, root: "/store/root", name: "hello", request: request)
    }

    @Test func anImageRunsItsEntryPointWithItsDefaultArguments() throws {
        let plan = try plan(image(command: ["a", "b"]))
        #expect(plan.program == .inRoot(["/hello.wasm"]))
        #expect(plan.entryPoint == .start)
        #expect(plan.arguments == ["/hello.wasm", "a", "b"])
        #expect(plan.root == .init(path: "/store/root", isReadOnly: false, isShared: true))
    }

    @Test func argumentsReplaceTheDefaultOnesAndKeepTheEntryPoint() throws {
        #expect(try plan(image(command: ["a"])) { $0.arguments = ["x"] }.arguments == ["/hello.wasm", "x"])
    }

    @Test func anotherEntryPointDropsTheDefaultArguments() throws {
        let plan = try plan(image(command: ["a"])) { $0.entrypoint = "/other.wasm" }
        #expect(plan.program == .inRoot(["/other.wasm"]))
        #expect(plan.arguments == ["/other.wasm"])
    }

    @Test func anEntryPointPicksAnExportBehindAHash() throws {
        let plan = try plan(image(entrypoint: ["/lib.wasm#add"], command: ["1", "2"]))
        #expect(plan.program == .inRoot(["/lib.wasm"]))
        #expect(plan.entryPoint == .export("add"))
        #expect(plan.arguments == ["/lib.wasm", "1", "2"])
    }

    @Test func aBareNameIsLookedForInTheWorkingDirectoryTheRootAndThePath() throws {
        let plan = try plan(
            image(entrypoint: ["hello.wasm"], environment: ["PATH=/bin:relative:/usr/bin"], directory: "/app"))
        #expect(plan.program == .inRoot(["/app/hello.wasm", "/hello.wasm", "/bin/hello.wasm", "/usr/bin/hello.wasm"]))
    }

    @Test func anEntryPointCannotClimbAboveTheRoot() throws {
        let plan = try plan(image(entrypoint: ["/../../../etc/passwd"], directory: "/../.."))
        #expect(plan.program == .inRoot(["/etc/passwd"]))
        #expect(plan.workingDirectory == "/")
    }

    @Test func anImageWithoutEntryPointIsRefusedWithTheWayOut() {
        let error = #expect(throws: PlanError.self) { try plan(image(entrypoint: [])) }
        #expect(error?.description == "the image hello names no entry point; give one with --entrypoint")
    }

    @Test func laterVariablesWinAndKeepThePlaceOfTheFirst() throws {
        let plan = try plan(image(environment: ["A=1", "B=2"])) { $0.environment = ["A=3", "C=4", "C=5"] }
        #expect(plan.environment == ["A=3", "B=2", "C=5"])
    }

    @Test func aWorkingDirectoryIsToldAsPWD() throws {
        #expect(try plan(image(directory: "/app/./x/..")).environment == ["PWD=/app"])
        #expect(try plan(image(environment: ["PWD=/own"], directory: "/app")).environment == ["PWD=/own"])
        #expect(try plan(image()).environment.isEmpty)
    }

    @Test func theLabelsOfAnImageGrantNothing() throws {
        var hostile = image()
        hostile.labels = ["dev.martlet.ports": "80:80", "dev.martlet.outbound": "*"]
        let plan = try plan(hostile)
        #expect(plan.ports.isEmpty)
        #expect(plan.outbound.isEmpty)
    }

    @Test func annotationsOfTheOperatorGrantAndLimit() throws {
        let plan = try plan(image()) {
            $0.annotations = [
                "dev.martlet.ports": "8080:80, 5353:53/udp", "dev.martlet.outbound": "*",
                "dev.martlet.memory-max": "64m", "dev.martlet.timeout": "1500ms",
            ]
            $0.limits = .init(memory: 1 << 30, timeout: 1000)
        }
        #expect(plan.ports.map(\.guestPort) == [80, 53])
        #expect(plan.outbound.count == 1)
        #expect(plan.limits == .init(memory: 64 << 20, timeout: 1000))
    }

    @Test(arguments: ["dev.martlet.port", "dev.martlet.memory", "dev.martlet."])
    func aMisspeltAnnotationOfOursIsRefused(name: String) {
        #expect(throws: PlanError.self) { try plan(image()) { $0.annotations = [name: "1"] } }
    }

    @Test func portsWithoutANetworkContradictThemselves() {
        #expect(throws: PlanError.self) {
            try plan(image()) {
                $0.network = .none
                $0.ports = [PortMapping(hostPort: 80, guestPort: 80)]
            }
        }
    }

    @Test func twoMountsOnOnePlaceAreRefused() {
        #expect(throws: PlanError.self) {
            try plan(image()) {
                $0.mounts = [
                    Volume(source: "/a", destination: "/x", isReadOnly: false),
                    Volume(source: "/b", destination: "/x", isReadOnly: true),
                ]
            }
        }
    }

    @Test func aNulByteInAVariableIsRefused() {
        #expect(throws: PlanError.self) { try plan(image()) { $0.environment = ["A=\0"] } }
    }
}
