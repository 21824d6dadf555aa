import ImageStore
import ImageTransfer
import JSON
import OCISpec
import SystemCalls
import Testing

@Suite("Inspecting images")
struct InspectionTests {
    private func inspect(_ fixture: TransferFixture, _ image: StoredImage) throws -> ImageInspection {
        try ImageInspection(image, names: image.reference.map { [$0] } ?? [], in: fixture.store)
    }

    @Test("a person sees what would run, before and after it is unpacked")
    func text() throws {
        let fixture = try TransferFixture()
        var image = try fixture.build("hello:v1") {
            $0.environment = ["A=1", "B=two words"]
            $0.exposedPorts = ["8080"]
            $0.command = ["x", "y z"]
        }
        for _ in 0..<2 {
            let text = try inspect(fixture, image).text()
            for line in [
                "hello:v1", "  platform     wasi/wasm", "  kind         preview-1 module, a command",
                "  entry point  /hello.wasm",
                "  command      x \"y z\"", "  env          A=1", "               B=two words",
                "  ports        8080/tcp",
                "  imports      wasi_snapshot_preview1.proc_exit: func (i32) -> ()",
                "  exports      _start: func () -> ()",
            ] {
                #expect(text.split(separator: "\n").contains(Substring(line)), "\(line) in\n\(text)")
            }
            _ = try ImageUnpack().run(image, in: fixture.store)
            image = try #require(try fixture.store.resolve("hello:v1"))
        }
        #expect(try inspect(fixture, image).text().contains("  unpacked     \(fixture.store.root)/roots/"))
    }

    @Test("a program gets the same as JSON")
    func json() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("hello:v1") { $0.form = .artifact }
        let json = try JSONValue(reading: try inspect(fixture, image).json.bytes(.pretty))
        #expect(json["id"] == .string(image.manifestDigest.description))
        #expect(json["form"] == "artifact")
        #expect(json["kind"] == "preview-1 module, a command")
        #expect(json["names"] == ["docker.io/library/hello:v1"])
        #expect(json["imports"] == ["wasi_snapshot_preview1.proc_exit: func (i32) -> ()"])
    }

    @Test("the kind is known by the content of the entry point")
    func kinds() {
        #expect(EntryKind("/a", [0x7F, 0x45, 0x4C, 0x46, 2]).summary == "native")
        #expect(EntryKind("/a", Array("#!/bin/sh".utf8)).summary == "native")
        #expect(EntryKind("/a.wat", Array("(module)".utf8)).summary == "WebAssembly text")
        #expect(EntryKind("/a", SampleModule.component).summary == "component, called by export")
        #expect(EntryKind("/a", [1, 2]).summary.hasPrefix("unknown"))
        #expect(EntryKind("/a.wasm", Array(SampleModule.bytes.dropLast(9))).summary.hasPrefix("unknown: a damaged"))
    }

    @Test("an entry point is found through links and in the working directory, and never outside the root")
    func entryFile() throws {
        let fixture = try TransferFixture()
        try fixture.write("tree/app/real.wasm", SampleModule.bytes)
        try FileCalls.symbolicLink(to: "/app/real.wasm", at: fixture.file("tree/start"), in: Files.currentDirectory)
        try FileCalls.symbolicLink(
            to: "../../../../../../../../bin/sh", at: fixture.file("tree/out"), in: Files.currentDirectory)
        for (entry, directory, kind) in [
            ("/start", "/", "preview-1 module, a command"), ("real.wasm#run", "/app", "preview-1 module, a command"),
            ("/out", "/", "unknown: the image has no file /out"), ("/app", "/", "unknown: the image has no file /app"),
        ] {
            var image = try fixture.build("a") {
                $0.source = .directory(path: fixture.file("tree"))
                $0.entrypoint = [entry]
                $0.workingDirectory = directory
            }
            #expect(try inspect(fixture, image).entry.summary == kind, "\(entry) in the layers")
            _ = try ImageUnpack().run(image, in: fixture.store)
            image = try #require(try fixture.store.resolve("a"))
            #expect(try inspect(fixture, image).entry.summary == kind, "\(entry) in the root")
        }
    }

    @Test("nothing in an image reaches the terminal as a command")
    func escapes() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a") {
            $0.environment = ["A=\u{1B}]0;title\u{7}"]
            $0.labels = ["\u{1B}[2J": "\u{9B}31m"]
            $0.command = ["\u{1B}c"]
        }
        let text = try inspect(fixture, image).text()
        #expect(
            text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)) })
    }

    @Test(
        "sizes read as people write them",
        arguments: [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (23_456_789, "23.5 MB"), (999_960, "1.0 MB")]
            as [(Int64, String)])
    func sizes(count: Int64, text: String) {
        #expect(ImageInspection.bytes(count) == text)
    }
}
