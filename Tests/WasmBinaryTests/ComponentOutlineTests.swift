import Testing
import WasmBinary
import WasmEngine

@Suite struct ComponentOutlineTests {
    static let text = """
        (component $app
          (import "wasi:io/error@0.2.3" (instance (export "error" (type (sub resource)))))
          (import "log" (func (param "text" string)))
          (import "thing" (type (sub resource)))
          (import "code" (core module (export "f" (func))))
          (core module $m (func (export "run") (result i32) (i32.const 0)) (memory (export "memory") 1))
          (core instance $i (instantiate $m))
          (component $nested (import "wasi:http/incoming-handler@0.2.0" (instance)) (export "x" (instance 0)))
          (func $run (result (result)) (canon lift (core func $i "run")))
          (instance $r (export "run" (func $run)))
          (export "wasi:cli/run@0.2.3" (instance $r))
          (export "plain" (func $run)))
        """

    @Test func namesAndKindsAreReadInBinaryOrder() throws {
        let outline = try ComponentOutline(ModuleText.binary(fromText: Self.text))
        #expect(
            outline.imports.map { "\($0.name): \($0.kind.rawValue)" } == [
                "wasi:io/error@0.2.3: instance", "log: function", "thing: type", "code: core module",
            ])
        #expect(
            outline.exports.map { "\($0.name): \($0.kind.rawValue)" } == [
                "wasi:cli/run@0.2.3: instance", "plain: function",
            ])
        #expect(outline.name == "app")
        #expect(outline.sections.contains { $0.name == "core module" })
        #expect(outline.entryPoint == .componentCommand(version: "0.2.3"))
    }

    @Test(arguments: [
        ("wasi:http/incoming-handler@0.2.4", EntryPoint.httpHandler(version: "0.2.4")),
        ("wasi:http/handler@0.3.0", .httpHandler(version: "0.3.0")),
        ("wasi:cli/run@0.3.0", .componentCommand(version: "0.3.0")),
        ("wasi:cli/runner@0.2.0", .componentExports), ("my:own/thing", .componentExports),
    ])
    func theEntryPointFollowsFromTheExports(_ name: String, _ expected: EntryPoint) throws {
        let text = "(component (instance $i) (export \"\(name)\" (instance $i)))"
        #expect(try WasmOutline(ModuleText.binary(fromText: text)).entryPoint == expected)
    }

    @Test func aFunctionOfThatNameIsNoInterface() throws {
        let text = """
            (component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
              (func $f (canon lift (core func $i "f"))) (export "run" (func $f)))
            """
        #expect(try WasmOutline(ModuleText.binary(fromText: text)).entryPoint == .componentExports)
    }

    @Test func aValueCanBeImported() throws {
        // No tool writes it yet: one import "v" of type u8, by hand.
        let bytes: [UInt8] = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 10, 7, 1, 0, 1, 0x76, 2, 1, 0x7d]
        #expect(try ComponentOutline(bytes).imports == [.init(name: "v", kind: .value)])
    }
}
