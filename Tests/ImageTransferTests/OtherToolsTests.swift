import Archive
import ImageStore
import ImageTransfer
import JSON
import OCISpec
import SystemCalls
import Testing

/// Images made here and read by skopeo, umoci and podman, and theirs read here.
@Suite("Other tools", .serialized)
struct OtherToolsTests {
    static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp", "LANG=C"]

    static func has(_ tool: String) -> Bool {
        ChildProgram.find(tool, searchPath: "/usr/sbin:/usr/bin:/sbin:/bin") != nil
    }

    /// Runs a tool, expects success, and returns what it wrote.
    @discardableResult
    private func run(_ arguments: String..., at location: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = try ChildProgram.run(
            "/bin/sh", arguments: ["sh", "-c", "exec \"$@\" 2>&1", "sh"] + arguments, environment: Self.environment,
            input: .bytes([]), outputLimit: 1 << 20, timeout: .seconds(60))
        let output = String(decoding: outcome.output, as: UTF8.self)
        #expect(
            outcome.end == .exited(.code(0)), "\(arguments.joined(separator: " ")): \(output)", sourceLocation: location
        )
        return output
    }

    private func digest(in inspection: String) throws -> String? {
        guard case .string(let digest)? = try JSONValue(reading: inspection)["Digest"] else { return nil }
        return digest
    }

    @Test("skopeo reads a layout, its archive and a docker archive made here", .enabled(if: has("skopeo")))
    func skopeoReads() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("x.com/hello:v1") { $0.environment = ["A=1"] }
        try fixture.export(image, "layout", .layout)
        try fixture.export(image, "oci.tar", .archive(.none))
        try fixture.export(image, "docker.tar", .docker)
        let oci = try run(
            "skopeo", "inspect", "oci:\(fixture.file("layout")):v1", "--override-os", "wasi", "--override-arch", "wasm")
        #expect(try digest(in: oci) == image.manifestDigest.description)
        #expect(try JSONValue(reading: oci)["Env"] == ["A=1"])
        let archive = try run(
            "skopeo", "inspect", "oci-archive:\(fixture.file("oci.tar")):v1", "--override-os", "wasi",
            "--override-arch", "wasm")
        #expect(try digest(in: archive) == image.manifestDigest.description)
        let docker = try run(
            "skopeo", "inspect", "docker-archive:\(fixture.file("docker.tar"))", "--override-os", "wasi",
            "--override-arch", "wasm")
        #expect(try JSONValue(reading: docker)["Env"] == ["A=1"])
    }

    @Test(
        "what skopeo copies on comes back as the same image, as a layout and in both archives",
        .enabled(if: has("skopeo")))
    func skopeoCopies() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("x.com/hello:v1")
        try fixture.export(image, "layout", .layout)
        let source = "oci:\(fixture.file("layout")):v1"
        try run("skopeo", "copy", source, "oci:\(fixture.file("copy")):v2")
        try run("skopeo", "copy", source, "oci-archive:\(fixture.file("copy.tar")):x.com/hello:v3")
        try run("skopeo", "copy", source, "docker-archive:\(fixture.file("docker.tar")):x.com/hello:v4")
        let layout = try fixture.importing("copy")[0]
        #expect(layout.manifestDigest == image.manifestDigest)
        #expect(layout.reference?.familiar == "copy:v2")
        let archive = try fixture.importing("copy.tar")[0]
        #expect(archive.manifestDigest == image.manifestDigest)
        #expect(archive.reference?.familiar == "x.com/hello:v3")
        let docker = try fixture.importing("docker.tar")[0]
        #expect(docker.reference?.familiar == "x.com/hello:v4")
        #expect(docker.configuration.diffIDs == image.configuration.diffIDs)
        let root = try ImageUnpack().run(docker, in: fixture.store).rootPath
        #expect(try Files.contents(of: "\(root)/hello.wasm", limit: 1 << 20) == SampleModule.bytes)
    }

    @Test("skopeo carries a wasm artifact unchanged", .enabled(if: has("skopeo")))
    func skopeoArtifact() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("x.com/art:v1") { $0.form = .artifact }
        try fixture.export(image, "layout", .layout)
        try run("skopeo", "copy", "oci:\(fixture.file("layout")):v1", "oci:\(fixture.file("copy")):v1")
        #expect(try fixture.importing("copy")[0].manifestDigest == image.manifestDigest)
    }

    @Test(
        "skopeo makes Docker's manifest of it, with zstd and gzip layers", .enabled(if: has("skopeo")),
        arguments: ["gzip", "zstd"])
    func skopeoDockerFormat(compression: String) throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("x.com/hello:v1") { $0.compression = .none }
        try fixture.export(image, "layout", .layout)
        let format = compression == "gzip" ? "v2s2" : "oci"
        try run(
            "skopeo", "copy", "--format", format, "--dest-compress-format", compression, "--dest-compress",
            "oci:\(fixture.file("layout")):v1", "dir:\(fixture.file("dir"))")
        try run("skopeo", "copy", "dir:\(fixture.file("dir"))", "oci:\(fixture.file("back")):v1")
        let back = try fixture.importing("back")[0]
        #expect(back.configuration.diffIDs == image.configuration.diffIDs)
        let root = try ImageUnpack().run(back, in: fixture.store).rootPath
        #expect(try Files.names(inDirectory: root, limit: 9) == ["hello.wasm"])
    }

    @Test("umoci unpacks an image made here into the same tree as we do", .enabled(if: has("umoci")))
    func umociReads() throws {
        let fixture = try TransferFixture()
        try fixture.write("tree/bin/app.wasm", SampleModule.bytes, mode: 0o755)
        try fixture.write("tree/etc/empty", [])
        try FileCalls.symbolicLink(to: "bin/app.wasm", at: fixture.file("tree/link"), in: Files.currentDirectory)
        let image = try fixture.build("x.com/tree:v1") {
            $0.source = .directory(path: fixture.file("tree"))
            $0.entrypoint = ["/bin/app.wasm"]
            // umoci makes a config.json for the operating systems it knows.
            $0.platform = .host
        }
        try fixture.export(image, "layout", .layout)
        let rootless = Processes.effectiveUser == 0 ? "--keep-dirlinks" : "--rootless"
        try run("umoci", "unpack", rootless, "--image", "\(fixture.file("layout")):v1", fixture.file("bundle"))
        let root = try ImageUnpack().run(image, in: fixture.store).rootPath
        try run("diff", "-r", "--no-dereference", root, fixture.file("bundle/rootfs"))
        let configuration = try RuntimeConfiguration(reading: try fixture.read("bundle/config.json"))
        #expect(configuration.process?.arguments == ["/bin/app.wasm"])
        #expect(try ImageSource.detect(fixture.file("bundle")) == .bundle(path: fixture.file("bundle")))
    }

    @Test("an image that umoci made, layer by layer, is read and unpacked here", .enabled(if: has("umoci")))
    func umociWrites() throws {
        let fixture = try TransferFixture()
        let layout = fixture.file("umoci")
        try run("umoci", "init", "--layout", layout)
        try run("umoci", "new", "--image", "\(layout):v1")
        try fixture.write("one/a", [1])
        try fixture.write("one/b", [2])
        try fixture.write("two/c", [3])
        try run("umoci", "insert", "--image", "\(layout):v1", fixture.file("one"), "/data")
        try run("umoci", "insert", "--image", "\(layout):v1", fixture.file("two"), "/data")
        try run("umoci", "insert", "--image", "\(layout):v1", "--whiteout", "/data/a")
        try run(
            "umoci", "config", "--image", "\(layout):v1", "--config.entrypoint", "/data/c", "--config.env", "A=1",
            "--config.exposedports", "80/tcp", "--architecture", "wasm", "--os", "wasi")
        let image = try fixture.importing("umoci")[0]
        #expect(image.configuration.entrypoint == ["/data/c"])
        #expect(image.configuration.environment.contains("A=1"))
        #expect(image.platform.description == "wasi/wasm")
        #expect(image.record.layers.count == 3)
        let root = try ImageUnpack().run(image, in: fixture.store).rootPath
        #expect(try Files.names(inDirectory: "\(root)/data", limit: 9).sorted() == ["b", "c"])
    }

    @Test("podman loads what was exported here and saves what is imported here", .enabled(if: has("podman")))
    func podman() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("localhost/hello:v1") {
            $0.platform = .host
            $0.environment = ["A=1"]
        }
        try fixture.export(image, "oci.tar", .archive(.none))
        try fixture.export(image, "docker.tar", .docker)
        // podman refuses a longer path than 50 characters here.
        let run = "/tmp/mp-\(Processes.current)"
        defer { try? TreeRemoval.remove(run) }
        let storage = ["--root", fixture.file("podman"), "--runroot", run, "--storage-driver", "vfs"]
        func podman(_ arguments: String...) throws -> String {
            let outcome = try ChildProgram.run(
                "/bin/sh", arguments: ["sh", "-c", "exec podman \"$@\" 2>&1", "sh"] + storage + arguments,
                environment: Self.environment, input: .bytes([]), outputLimit: 1 << 20, timeout: .seconds(60))
            let output = String(decoding: outcome.output, as: UTF8.self)
            #expect(outcome.end == .exited(.code(0)), "\(arguments): \(output)")
            return output
        }
        for name in ["oci.tar", "docker.tar"] {
            _ = try podman("load", "-i", fixture.file(name))
            let listed = try podman(
                "image", "inspect", "--format", "{{.Config.Env}} {{.Config.Entrypoint}}", "localhost/hello:v1")
            #expect(listed.contains("[A=1] [/hello.wasm]"))
            for (format, file) in [("oci-archive", "\(name).oci"), ("docker-archive", "\(name).docker")] {
                _ = try podman("save", "--format", format, "-o", fixture.file(file), "localhost/hello:v1")
                let back = try fixture.importing(file) { $0.platform = PlatformChoice(platforms: [.host]) }[0]
                #expect(back.reference?.familiar == "localhost/hello:v1")
                #expect(back.configuration.diffIDs == image.configuration.diffIDs)
                #expect(back.configuration.entrypoint == ["/hello.wasm"])
            }
            _ = try podman("rmi", "-a", "-f")
        }
    }
}
