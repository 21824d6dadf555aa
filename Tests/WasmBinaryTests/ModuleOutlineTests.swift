import Testing
import WasmBinary
import WasmEngine

@Suite struct ModuleOutlineTests {
    static let text = """
        (module $guest
          (type $s (struct (field (mut i8)) (field i64))) (rec (type $r (sub (array (mut (ref null $s))))) (type $f (func)))
          (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
          (import "env" "memory" (memory 1 16 shared)) (import "env" "g" (global (mut i64)))
          (import "env" "t" (table i64 2 9 externref)) (import "env" "e" (tag (param f64)))
          (memory (export "own") i64 2) (global (export "c") f32 (f32.const 1))
          (global $x v128 (v128.const i64x2 1 2)) (global (export "d") i32 (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))
          (global (export "o") (ref null $s) (struct.new_default $s)) (global (export "fr") funcref (ref.func $two))
          (table (export "tab") 3 5 funcref) (table (export "init") 2 (ref $f) (ref.func $start))
          (func $start (type $f)) (start $start)
          (func $two (export "two") (param v128 (ref null $s) (ref any)) (result i32 externref) (unreachable))
          (func (export "_start")) (tag (export "tag") (param i32)) (export "again" (func 0)))
        """

    @Test func importsAndExportsHaveTheirTypes() throws {
        let outline = try ModuleOutline(ModuleText.binary(fromText: Self.text))
        #expect(
            outline.imports.map { "\($0.module).\($0.name): \($0.type)" } == [
                "wasi_snapshot_preview1.fd_write: func (i32, i32, i32, i32) -> i32",
                "env.memory: memory 1...16 pages, shared", "env.g: global mut i64",
                "env.t: table 2...9 externref, 64-bit",
                "env.e: tag (f64) -> ()",
            ])
        #expect(
            outline.exports.map { "\($0.name): \($0.type)" } == [
                "own: memory 2 pages, 64-bit", "c: global f32", "d: global i32", "o: global (ref null 0)",
                "fr: global funcref", "tab: table 3...5 funcref", "init: table 2 (ref 2)",
                "two: func (v128, (ref null 0), (ref any)) -> (i32, externref)", "_start: func () -> ()",
                "tag: tag (i32) -> ()", "again: func (i32, i32, i32, i32) -> i32",
            ])
        #expect(outline.name == "guest")
        #expect(outline.hasStart)
        #expect(outline.entryPoint == .command)
        #expect(outline.usesPreview1)
        #expect(!outline.usesThreads)
    }

    @Test func sectionsHaveNamesAndPlaces() throws {
        let bytes = try ModuleText.binary(fromText: Self.text)
        let outline = try ModuleOutline(bytes)
        #expect(
            outline.sections.map(\.name) == [
                "type", "import", "function", "table", "memory", "tag", "global", "export", "start", "code",
                "custom name",
            ])
        // Each begins behind the one before it, and the last ends the file.
        for (section, next) in zip(outline.sections, outline.sections.dropFirst()) {
            #expect(section.offset + section.size < next.offset)
        }
        #expect(outline.sections.last.map { $0.offset + $0.size } == bytes.count)
    }

    @Test func itAgreesWithTheEngine() throws {
        let bytes = try ModuleText.binary(fromText: Self.text)
        let outline = try ModuleOutline(bytes)
        let module = try Module.compile(Engine(), bytes)
        #expect(module.imports.map(\.name) == outline.imports.map(\.name))
        #expect(module.exports.map(\.name) == outline.exports.map(\.name))
    }

    @Test(arguments: [
        ("(module (func (export \"_start\")) (func (export \"_initialize\")))", EntryPoint.command),
        ("(module (func (export \"_initialize\")) (func (export \"f\")))", .reactor),
        ("(module (func (export \"f\")))", .exports), ("(module)", .exports),
        // A memory of that name is no entry point.
        ("(module (memory (export \"_start\") 1))", .exports),
    ])
    func theEntryPointFollowsFromTheExports(_ text: String, _ expected: EntryPoint) throws {
        #expect(try WasmOutline(ModuleText.binary(fromText: text)).entryPoint == expected)
    }

    @Test func threadsAreSeen() throws {
        let text = "(module (import \"wasi\" \"thread-spawn\" (func (param i32) (result i32))))"
        #expect(try ModuleOutline(ModuleText.binary(fromText: text)).usesThreads)
    }

    @Test func aDamagedNameSectionIsIgnored() throws {
        var bytes = try ModuleText.binary(fromText: "(module (func (export \"f\")))")
        bytes += [0, 8, 4] + Array("name".utf8) + [0, 99, 1]
        let outline = try ModuleOutline(bytes)
        #expect(outline.name == nil)
        #expect(outline.sections.last?.name == "custom name")
    }
}
