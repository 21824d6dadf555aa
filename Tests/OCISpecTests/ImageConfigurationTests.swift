import JSON
import OCISpec
import Testing

@Suite("Image configurations")
struct ImageConfigurationTests {
    @Test("everything that steers a run is read, and written back alike")
    func roundTrip() throws {
        let text =
            #"{"created":"1970-01-01T00:00:00Z","author":"A","architecture":"wasm","os":"wasi","config":{"User":"1000:1000","ExposedPorts":{"53/udp":{},"8080/tcp":{}},"Env":["A=1","B="],"Entrypoint":["/a.wasm"],"Cmd":["x","y z"],"Volumes":{"/data":{}},"WorkingDir":"/w","Labels":{"a":"b"},"StopSignal":"SIGTERM"},"rootfs":{"type":"layers","diff_ids":["\#(ManifestTests.digest)"]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"x","empty_layer":true}]}"#
        let configuration = try ImageConfiguration(json: JSONNode(reading: Array(text.utf8)))
        #expect(configuration.json.text() == text)
        #expect(configuration.arguments == ["/a.wasm", "x", "y z"])
        #expect(configuration.environment == ["A=1", "B="])
        #expect(
            configuration.ports == [ExposedPort(parsing: "53/udp"), ExposedPort(parsing: "8080")].compactMap { $0 })
    }

    @Test("null and absent fields, empty strings and unknown fields are what they are for Docker: nothing")
    func sparse() throws {
        let text =
            #"{"architecture":"amd64","os":"linux","config":{"User":"","ExposedPorts":null,"Env":null,"Entrypoint":null,"Cmd":null,"Volumes":null,"WorkingDir":"","Labels":null,"OnBuild":null,"Healthcheck":{"Test":["NONE"]}},"rootfs":{"type":"layers","diff_ids":null},"history":null,"container":"x"}"#
        let configuration = try ImageConfiguration(json: JSONNode(reading: Array(text.utf8)))
        #expect(configuration == ImageConfiguration(platform: Platform(os: "linux", architecture: "amd64")))
    }

    @Test("a root file system of an unknown type is refused, as the specification demands")
    func rootfs() {
        let error = #expect(throws: JSONError.self) {
            try ImageConfiguration(
                json: JSONNode(["os": "linux", "architecture": "amd64", "rootfs": ["type": "zip", "diff_ids": []]]))
        }
        #expect(error?.description == #"$.rootfs: has the unknown type "zip""#)
    }

    @Test("ports are numbers from 1 to 65535 with a known protocol")
    func ports() {
        #expect(ExposedPort(parsing: "80")?.transport == .tcp)
        #expect(ExposedPort(parsing: "80/udp")?.transport == .udp)
        for text in ["", "0", "65536", "-1", "+80", "80/", "80/sctp", "80/tcp/x", "a", " 80"] {
            #expect(ExposedPort(parsing: text) == nil)
        }
    }

    @Test("a wasm configuration is read and written")
    func wasm() throws {
        let text =
            #"{"created":"x","architecture":"wasm","os":"wasip2","layerDigests":["\#(ManifestTests.digest)"],"component":{"exports":["wasi:cli/run@0.2.0"],"imports":[],"target":null}}"#
        let configuration = try WasmConfiguration(json: JSONNode(reading: Array(text.utf8)))
        #expect(configuration.platform.description == "wasip2/wasm")
        #expect(configuration.component?.exports == ["wasi:cli/run@0.2.0"])
        #expect(configuration.json.text() == text)
        #expect(try WasmConfiguration(json: JSONNode([:])).platform.description == "wasi/wasm")
    }

    @Test("an entry of Docker's archive is read with null tags")
    func dockerArchive() throws {
        let text =
            #"[{"Config":"a.json","RepoTags":null,"Layers":["b/layer.tar"]},{"Config":"c","RepoTags":["x:1"],"Layers":null}]"#
        let images = try DockerArchiveImage.list(json: JSONNode(reading: Array(text.utf8)))
        #expect(images.map(\.configuration) == ["a.json", "c"])
        #expect(images.map(\.repositoryTags) == [[], ["x:1"]])
        #expect(images.map(\.layers) == [["b/layer.tar"], []])
    }

    @Test("a layout of a later version is refused")
    func layoutMarker() {
        #expect(throws: Never.self) { try ImageLayout.checkMarker(JSONNode(["imageLayoutVersion": "1.0.0"])) }
        #expect(throws: JSONError.self) { try ImageLayout.checkMarker(JSONNode(["imageLayoutVersion": "2.0.0"])) }
        #expect(throws: JSONError.self) { try ImageLayout.checkMarker(JSONNode([:])) }
    }
}
