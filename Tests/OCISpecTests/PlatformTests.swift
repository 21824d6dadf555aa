import OCISpec
import Testing

@Suite("Platforms")
struct PlatformTests {
    private func platforms(_ texts: [String]) throws -> [Platform] {
        try texts.map { text in try Platform(parsing: text) }
    }

    @Test(
        "the standard order prefers WebAssembly in its spellings, then the host",
        arguments: [
            (["linux/amd64", "linux/arm64", "wasi/wasm"], "wasi/wasm"),
            (["wasip2/wasm", "wasip1/wasm"], "wasip1/wasm"),
            (["wasi/wasm32", "wasip2/wasm"], "wasip2/wasm"), (["linux/s390x", "wasi/wasm32"], "wasi/wasm32"),
            (["windows/amd64", "wasip1/wasm", "wasi/wasm"], "wasi/wasm"),
        ])
    func standard(there: [String], chosen: String) throws {
        let best = PlatformChoice.standard.best(of: try platforms(there)) { $0 }
        #expect(best?.description == chosen)
    }

    @Test("without WebAssembly the host's own platform is taken, and nothing else")
    func host() throws {
        let all = try platforms(["linux/amd64", "linux/arm64/v8", "linux/s390x"])
        let best = PlatformChoice.standard.best(of: all) { $0 }
        #expect(best.map { Platform.host.accepts($0) } == true)
        #expect(PlatformChoice.standard.best(of: try platforms(["linux/s390x", "windows/amd64"])) { $0 } == nil)
    }

    @Test("among equals the first is taken")
    func first() throws {
        let best = PlatformChoice.standard.best(of: [(1, "wasi/wasm"), (2, "wasi/wasm")]) {
            try? Platform(parsing: $0.1)
        }
        #expect(best?.0 == 1)
    }

    @Test("an explicit platform excludes all others")
    func explicit() throws {
        let choice = try PlatformChoice(parsing: "linux/arm64")
        #expect(choice.best(of: try platforms(["wasi/wasm", "linux/aarch64/v8"])) { $0 }?.architecture == "arm64")
        #expect(choice.best(of: try platforms(["wasi/wasm"])) { $0 } == nil)
        let arm = try PlatformChoice(parsing: "linux/arm/v7")
        #expect(arm.rank(Platform(os: "linux", architecture: "arm", variant: "v6")) == nil)
        #expect(arm.rank(Platform(os: "linux", architecture: "arm", variant: "v7")) == 0)
    }

    @Test(
        "spellings of other tools are understood",
        arguments: [("linux/x86_64", "linux/amd64"), ("Linux/AArch64/v8", "linux/arm64")])
    func spellings(text: String, expected: String) throws {
        #expect(try Platform(parsing: text).description == expected)
    }

    @Test(
        "what isn't os/architecture is refused",
        arguments: ["", "wasm", "wasi/", "/wasm", "a/b/c/d", "a b/c", "../x", "a/\u{1B}"])
    func refused(text: String) {
        #expect(throws: InvalidPlatform.self) { try Platform(parsing: text) }
    }
}
