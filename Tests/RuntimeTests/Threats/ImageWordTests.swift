import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "What comes with an image opens nothing", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
struct ImageWordTests {
    private static let hostNetwork = BundleConfiguration.namespaces(["pid", "ipc", "uts", "mount"])
    private static let outbound = "dev.martlet.outbound"
    /// Nobody listens there: who may connect hears that.
    private static let port = 9

    private func bundle(
        _ runtime: Runtime, to address: [UInt8], annotations: [String: String],
        change: (inout BundleConfiguration) throws -> Void = { $0.linux["namespaces"] = Self.hostNetwork }
    ) throws -> Container {
        let container = try runtime.bundle(.wasm) {
            $0.arguments = ["/connect.wat"]
            $0.others["annotations"] = .object(
                JSONObject(annotations.map { .init(key: $0.key, value: .string($0.value)) }))
            try change(&$0)
        }
        try Data(ConnectingModule.text(to: address, port: Self.port).utf8)
            .write(to: URL(fileURLWithPath: "\(container.root)/connect.wat"))
        return container
    }

    @Test(arguments: [outbound: "127.0.0.1:\(port)", "dev.martlet.ports": "127.0.0.1:0:80"])
    func anAnnotationThatOpensTheHostsNetworkIsRefusedUnlessTheOperatorNamesIt(name: String, value: String) throws {
        let runtime = try Runtime()
        let outcome = try bundle(runtime, to: [127, 0, 0, 1], annotations: [name: value]).run()
        #expect(outcome.code == 1 && outcome.error.contains("annotations.\(name)"), "\(outcome)")
        for allowed in [name, "a,dev.martlet.*"] {
            let runtime = try Runtime(options: ["--allow-annotations", allowed])
            let outcome = try bundle(runtime, to: [127, 0, 0, 1], annotations: [name: value]).run()
            let expected = name == Self.outbound ? ConnectingModule.nobodyThere : ConnectingModule.refused
            #expect(outcome.code == expected, "\(outcome)")
        }
        let others = try Runtime(options: ["--allow-annotations", "dev.martlet,dev.martlet.outbound.x"])
        #expect(try bundle(others, to: [127, 0, 0, 1], annotations: [name: value]).run().code == 1)
    }

    @Test func theEnvironmentOfTheRuntimeNamesThemAsWell() throws {
        let runtime = try Runtime()
        let container = try bundle(runtime, to: [127, 0, 0, 1], annotations: [Self.outbound: "127.0.0.1:\(Self.port)"])
        let words = [runtime.martlet] + runtime.options + ["run", "--bundle", container.bundle, container.id]
        let environment = Environment.all + ["MARTLET_ALLOW_ANNOTATIONS=\(Self.outbound)"]
        let outcome = try Running.start(words, environment: environment, in: runtime.folder).wait()
        #expect(outcome.code == ConnectingModule.nobodyThere, "\(outcome)")
    }

    @Test func inANetworkOfItsOwnAnnotationsNarrow() throws {
        for (rule, code) in [
            ("127.0.0.1:\(Self.port)", ConnectingModule.nobodyThere), ("127.0.0.1:80", ConnectingModule.refused),
        ] {
            let outcome = try bundle(Runtime(), to: [127, 0, 0, 1], annotations: [Self.outbound: rule]) { _ in }.run()
            #expect(outcome.code == code, "\(rule): \(outcome)")
        }
    }

    @Test func theCallersGroupsAreKeptOnlyWhenTheOperatorSaysSo() throws {
        let name = "run.oci.keep_original_groups"
        for (options, isRefused) in [([], true), (["--allow-annotations", name], false)] {
            let container = try Runtime(options: options).bundle(.native, "exit", "7") {
                $0.others["annotations"] = .object(JSONObject([.init(key: name, value: "1")]))
            }
            #expect(try container.run().code == (isRefused ? 1 : 7))
        }
    }

    @Test func featuresNameWhatAnEngineShouldNotLetThrough() throws {
        let runtime = try Runtime()
        let features = try runtime("features").output
        for key in [
            "dev.martlet.", "module.wasm.image/variant", "org.systemd.property.", "run.oci.handler",
            "run.oci.keep_original_groups", "run.oci.seccomp_fail_unknown_syscall",
        ] {
            #expect(features.contains("\"\(key)\""), "\(key)")
        }
    }

    @Test func theRootsFilesDecideOnNoName() throws {
        let runtime = try Runtime(options: ["--allow-annotations", "dev.martlet.*"])
        let container = try bundle(
            runtime, to: [127, 0, 0, 1], annotations: [Self.outbound: "api.example.invalid:\(Self.port)"])
        _ = try runtime.directory("\(container.id)/rootfs/etc")
        try runtime.file("\(container.id)/rootfs/etc/hosts", "127.0.0.1 api.example.invalid\n")
        #expect(try container.run().code == ConnectingModule.refused)
    }

    /// In a network of its own the engine's files count, and they open no address of the namespace itself.
    @Test(
        arguments: [
            ("192.0.2.7 api.example.com", nil, true), (nil, "192.0.2.7 api.example.com", false),
            (nil, "127.0.0.1 api.example.com", true),
        ] as [(String?, String?, Bool)])
    func aNarrowingNameIsLookedUpInMountedFilesAlone(inRoot: String?, mounted: String?, isRefused: Bool) throws {
        let runtime = try Runtime()
        let address: [UInt8] = mounted?.hasPrefix("127") == true ? [127, 0, 0, 1] : [192, 0, 2, 7]
        let file = try runtime.file("hosts", "\(mounted ?? "")\n")
        let container = try bundle(
            runtime, to: address, annotations: [Self.outbound: "api.example.com:\(Self.port)"]
        ) {
            if mounted != nil { $0.mounts.append(BundleConfiguration.bind(file, "/etc/hosts", "ro")) }
        }
        _ = try runtime.directory("\(container.id)/rootfs/etc")
        if let inRoot { try runtime.file("\(container.id)/rootfs/etc/hosts", "\(inRoot)\n") }
        let outcome = try container.run()
        #expect((outcome.code == ConnectingModule.refused) == isRefused, "\(outcome)")
    }
}
