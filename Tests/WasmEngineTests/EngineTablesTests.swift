import SystemCalls
import Testing
import WasmEngine

@Suite struct EngineTablesTests {
    private static let text = """
        (module (memory 1) (data (i32.const 0) "x")
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "trap") unreachable))
        """

    private static func use(_ engine: Engine) throws {
        let module = try Module.compile(engine, ModuleText.binary(fromText: text))
        let instance = try Linker(engine).instantiate(module, in: Store(engine))
        #expect(try instance.call("add", [.i32(2), .i32(3)]) == [.i32(5)])
        #expect(throws: EngineError.self) { try instance.call("trap") }
    }

    @Test func theEngineWorksAsBeforeWhenItsTablesWereGivenBack() throws {
        let engine = try Engine()
        try Self.use(engine)
        for _ in 0..<3 {
            guard EngineTables.forget() else { return }
            EngineTables.restore()
            try Self.use(engine)
            try Self.use(Engine())
        }
    }

    @Test func aModuleThatWasCompiledInMemoryHasNoPagesInAFile() throws {
        let engine = try Engine()
        #expect(try Module.compile(engine, ModuleText.binary(fromText: Self.text)).cleanPages == nil)
    }

    @Test func aLoadedModuleRunsAfterItsPagesWereGivenBack() throws {
        let engine = try Engine()
        let scratch = try Scratch()
        try scratch.write("module", Module.compile(engine, ModuleText.binary(fromText: Self.text)).serialize())
        let module = try Module.load(engine, compiledFile: "\(scratch.path)/module")
        let pages = try #require(module.cleanPages)
        #expect(pages.count > 0)
        let instance = try Linker(engine).instantiate(module, in: Store(engine))
        var none: [PollRequest] = []
        #expect(try Poll.rest(&none, timeout: 1_000_000, [pages]) == 0)
        #expect(try instance.call("add", [.i32(2), .i32(3)]) == [.i32(5)])
    }
}
