import Archive
import ImageStore
import ImageTransfer
import JSON
import OCISpec
import SystemCalls
import Testing

@Suite("Building images")
struct BuildTests {
    @Test("the same input gives the same digest, in another directory, at another time, by other owners")
    func deterministic() throws {
        var digests: Set<Digest> = []
        for round in 0..<2 {
            let fixture = try TransferFixture()
            for name in (round == 0 ? ["b", "a/x", "c"] : ["c", "b", "a/x"]) {
                try fixture.write("tree/\(name)", Array(name.utf8))
            }
            try FileCalls.symbolicLink(to: "b", at: fixture.file("tree/link"), in: Files.currentDirectory)
            let time = FileTimes(
                accessed: .now, modified: .set(nanosecondsSinceEpoch: 1_000_000_000 * UInt64(round + 1)))
            try FileCalls.setTimes(fixture.file("tree/b"), in: Files.currentDirectory, time)
            digests.insert(
                try fixture.build("n\(round)") {
                    $0.source = .directory(path: fixture.file("tree"))
                    $0.entrypoint = ["/b"]
                    $0.labels = ["z": "1", "a": "2", "m": "3"]
                }.manifestDigest)
        }
        #expect(digests.count == 1)
    }

    @Test("the digest of a known image never changes by accident")
    func pinned() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a") { $0.compression = .none }
        #expect(image.record.layers[0].digest == image.configuration.diffIDs[0])
        #expect(image.record.layers[0].size % 512 == 0)
        let again = try fixture.build("b") { $0.compression = .none }
        #expect(again.manifestDigest == image.manifestDigest)
    }

    @Test("a file becomes the entry point at the root, executable, owned by root, with times of the epoch")
    func rootfs() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("hello:v1") {
            $0.environment = ["A=1"]
            $0.command = ["x"]
            $0.exposedPorts = ["8080", "53/udp"]
            $0.labels = ["l": "v"]
            $0.workingDirectory = "/"
        }
        #expect(image.configuration.entrypoint == ["/hello.wasm"])
        #expect(image.configuration.exposedPorts == ["53/udp", "8080/tcp"])
        #expect(image.platform.description == "wasi/wasm")
        #expect(image.record.layers.map(\.mediaType) == [.layerGzip])
        let root = try ImageUnpack().run(image, in: fixture.store).rootPath
        let status = try FileStatus.of("\(root)/hello.wasm")
        #expect(status.permissions == 0o755 && status.modified == 0)
    }

    @Test("an artifact holds the binary as its layer, for the WASI of its kind", arguments: [false, true])
    func artifact(isComponent: Bool) throws {
        let fixture = try TransferFixture()
        let bytes = isComponent ? SampleModule.component : SampleModule.bytes
        let image = try fixture.build("a") {
            $0.source = .file(path: (try? fixture.write("m.wasm", bytes)) ?? "")
            $0.form = .artifact
        }
        #expect(image.platform.description == (isComponent ? "wasip2/wasm" : "wasip1/wasm"))
        guard case .artifact(_, let path) = image.form else { throw StoreError.notFound("artifact") }
        #expect(try Files.contents(of: path, limit: 1 << 20) == bytes)
    }

    @Test("text is assembled, and refused where nobody can")
    func text() throws {
        let fixture = try TransferFixture()
        let path = try fixture.write("t.wat", Array("(module)".utf8))
        let image = try fixture.build("a") {
            $0.source = .file(path: path)
            $0.assemble = { text in text == Array("(module)".utf8) ? SampleModule.bytes : [] }
        }
        #expect(image.configuration.entrypoint == ["/t.wasm"])
        #expect(throws: TransferError.self) { try fixture.build("b") { $0.source = .file(path: path) } }
    }

    @Test("a build straight into a file leaves that and nothing else")
    func toFile() throws {
        let fixture = try TransferFixture()
        let request = BuildRequest(source: .file(path: try fixture.write("hello.wasm", SampleModule.bytes)))
        let name = try ImageReference(parsing: "x.com/a:1")
        let image = try ImageBuild(request).run(to: fixture.file("out.tar"), format: .archive(.none), name: name)
        let again = try ImageBuild(request).run(to: fixture.file("again.tar"), format: .archive(.none), name: name)
        #expect(try fixture.read("out.tar") == fixture.read("again.tar"))
        #expect(image.manifestDigest == again.manifestDigest)
        #expect(try fixture.names(in: "") == ["again.tar", "hello.wasm", "out.tar", "store"])
        #expect(try fixture.importing("out.tar")[0].manifestDigest == image.manifestDigest)
        let taken = #expect(throws: TransferError.self) {
            try ImageBuild(request).run(to: fixture.file("out.tar"), format: .archive(.none), name: name)
        }
        #expect(taken?.description.contains("is there already") == true)
        #expect(try fixture.names(in: "") == ["again.tar", "hello.wasm", "out.tar", "store"])
    }

    @Test("a request that contradicts itself is refused with advice")
    func refused() throws {
        let fixture = try TransferFixture()
        try fixture.write("tree/a", [1])
        let tree = BuildRequest.Source.directory(path: fixture.file("tree"))
        let cases: [((inout BuildRequest) -> Void, String)] = [
            ({ $0.source = tree }, "add --entrypoint"),
            (
                {
                    $0.source = tree; $0.form = .artifact
                }, "one WebAssembly file"
            ),
            (
                {
                    $0.form = .artifact; $0.environment = ["A=1"]
                }, "root file system image"
            ),
            ({ $0.environment = ["A"] }, "write NAME=VALUE"), ({ $0.environment = ["=x"] }, "write NAME=VALUE"),
            ({ $0.exposedPorts = ["99999"] }, "isn't a port"), ({ $0.workingDirectory = "x" }, "isn't absolute"),
            ({ $0.volumes = ["x"] }, "isn't absolute"), ({ $0.command = ["a\u{0}"] }, "zero byte"),
            ({ $0.source = .file(path: "/nonexistent") }, "no such file"), ({ $0.compression = .xz }, "gzip or zstd"),
        ]
        for (change, words) in cases {
            let error = #expect(throws: TransferError.self) { try fixture.build("a", change) }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
        try fixture.expectNoImage()
    }

    @Test("a directory with a socket, a pipe or a name that isn't UTF-8 is refused, not half built")
    func oddFiles() throws {
        let fixture = try TransferFixture()
        try fixture.write("tree/a", [1])
        func build() throws {
            try fixture.build("a") {
                $0.source = .directory(path: fixture.file("tree"))
                $0.entrypoint = ["/a"]
            }
        }
        try OwnershipCalls.makeNode(.pipe, fixture.file("tree/pipe"), in: Files.currentDirectory)
        let pipe = #expect(throws: TransferError.self) { try build() }
        #expect(pipe?.description.contains("tree/pipe: is neither") == true)
        try Files.unlink(fixture.file("tree/pipe"))
        let directory = try Files.open(fixture.file("tree"), flags: [.readOnly, .directory])
        try FileCalls.makeDirectory([-1, 0] as [CChar], in: directory.rawValue, mode: 0o755)
        let name = #expect(throws: TransferError.self) { try build() }
        #expect(name?.description.contains("isn't UTF-8") == true)
        #expect(try fixture.store.list().isEmpty)
    }
}
