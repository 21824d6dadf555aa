import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite struct ThreadsTests {
    private static let engine = Result { try Engine() }

    /// What the tests need of a guest with threads.
    private final class Threaded: Sendable {
        let group: ThreadGroup
        let prepared: PreparedModule
        let ends = EndLog()

        init(_ text: String, limit: Int = 16) throws {
            let engine = try ThreadsTests.engine.get()
            let module = try Module.compile(engine, ModuleText.binary(fromText: text))
            let linker = try Linker(engine)
            try Preview1Context(Preview1Configuration()).define(in: linker, for: module)
            let ends = ends
            group = ThreadGroup(
                of: module, limit: limit, makeStore: { () throws(EngineError) in try Store(engine) },
                ended: { ends.add($0) })
            prepared = try group.link(linker, limits: StoreLimits())
        }

        func instance() throws -> Instance { try prepared.instantiate(in: Store(prepared.module.engine)) }

        /// Waits until no thread runs any more, at most ten seconds.
        func settle() {
            for _ in 0..<1000 where group.count > 0 {
                var none: [PollRequest] = []
                _ = try? Poll.wait(&none, timeout: 10_000_000)
            }
        }
    }

    private final class EndLog: Sendable {
        private let errors = Mutex<[EngineError]>([])
        func add(_ error: EngineError) { errors.withLock { $0.append(error) } }
        var all: [EngineError] { errors.withLock { $0 } }
    }

    /// `run` spawns as many threads as it is told; each adds its argument to the word at 0, its id to the bits at 64, and
    /// waits for the word at 4 if `held`.
    private static func counting(held: Bool = false) -> String {
        let wait =
            held ? "(drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1)))" : ""
        return """
            (module
              (import "env" "memory" (memory 1 4 shared))
              (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
              (export "memory" (memory 0))
              (func (export "wasi_thread_start") (param $id i32) (param $argument i32)
                \(wait)
                (drop (i32.atomic.rmw.add (i32.const 0) (local.get $argument)))
                (drop (i32.atomic.rmw.or (i32.const 64) (i32.shl (i32.const 1) (local.get $id)))))
              (func (export "spawn") (param i32) (result i32) (call $spawn (local.get 0)))
              (func (export "sum") (result i32) (i32.atomic.load (i32.const 0)))
              (func (export "ids") (result i32) (i32.atomic.load (i32.const 64)))
              (func (export "release")
                (i32.atomic.store (i32.const 4) (i32.const 1))
                (drop (memory.atomic.notify (i32.const 4) (i32.const -1)))))
            """
    }

    private static func number(_ values: [Value]) throws -> Int32 {
        guard case .i32(let number)? = values.first else { throw Preview1Failure.errno(.inval) }
        return number
    }

    @Test func threadsShareMemoryAndEndAlone() throws {
        let guest = try Threaded(Self.counting())
        let instance = try guest.instance()
        var ids: Set<Int32> = []
        for argument in 1...10 {
            ids.insert(try Self.number(instance.call("spawn", [.i32(Int32(argument))])))
        }
        guest.settle()
        #expect(ids == Set(1...10))
        #expect(try Self.number(instance.call("sum")) == 55)
        #expect(try Self.number(instance.call("ids")) == 0b111_1111_1110)
        #expect(guest.ends.all.isEmpty)
        #expect(guest.group.spawnsThreads)
    }

    @Test func oneThreadTooManyIsRefused() throws {
        let guest = try Threaded(Self.counting(held: true), limit: 3)
        let instance = try guest.instance()
        for expected: Int32 in [1, 2, 3] {
            #expect(try Self.number(instance.call("spawn", [.i32(1)])) == expected)
        }
        // `again`, negated.
        #expect(try Self.number(instance.call("spawn", [.i32(1)])) == -6)
        try instance.call("release")
        guest.settle()
        #expect(guest.group.count == 0)
        #expect(try Self.number(instance.call("spawn", [.i32(1)])) == 4)
        guest.settle()
        #expect(try Self.number(instance.call("sum")) == 4)
    }

    private static func ending(_ body: String) -> String {
        """
        (module
          (import "foo" "bar" (memory 1 1 shared))
          (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (export "memory" (memory 0))
          (func (export "wasi_thread_start") (param i32 i32) \(body))
          (func (export "_start") (if (i32.le_s (call $spawn (i32.const 7)) (i32.const 0)) (then unreachable))))
        """
    }

    @Test func anExitOfAThreadIsReported() throws {
        let guest = try Threaded(Self.ending("(call $exit (i32.const 42))"))
        try guest.instance().call("_start")
        guest.settle()
        #expect(guest.ends.all.map(\.trap?.exitCode) == [42])
    }

    @Test func aTrapOfAThreadIsReported() throws {
        let guest = try Threaded(Self.ending("unreachable"))
        try guest.instance().call("_start")
        guest.settle()
        #expect(guest.ends.all.map(\.trap?.code) == [.unreachable])
    }

    @Test func endlessRecursionOfAThreadIsATrap() throws {
        let text = Self.ending("(call $deep)").replacing(
            "(export \"memory\"", with: "(func $deep (call $deep) (call $deep)) (export \"memory\"")
        let guest = try Threaded(text)
        try guest.instance().call("_start")
        guest.settle()
        #expect(guest.ends.all.map(\.trap?.code) == [.stackOverflow])
    }

    @Test func aModuleThatStartsNothingIsNotLinked() throws {
        let text = Self.ending("").replacing("wasi_thread_start", with: "thread_start")
        let error = #expect(throws: EngineError.self) { try Threaded(text) }
        #expect(
            error?.description.contains("wasi_thread_start (i32, i32) -> ()") == true, "\(error?.description ?? "")")
    }

    @Test func spawningUnderAnotherTypeIsNotLinked() throws {
        let error = #expect(throws: EngineError.self) {
            try Threaded("(module (import \"wasi\" \"thread-spawn\" (func (param i32 i32) (result i32))))")
        }
        #expect(error?.description.contains("(i32) -> i32") == true)
    }

    @Test func aModuleWithoutThreadsIsLinkedAllTheSame() throws {
        let guest = try Threaded("(module (func (export \"_start\")))")
        try guest.instance().call("_start")
        #expect(!guest.group.spawnsThreads)
    }

    @Test func idsStayInTheirRangeAndAreNotGivenTwice() {
        let identifiers = ThreadIdentifiers(limit: 3, last: ThreadIdentifiers.largest - 1)
        #expect(ThreadIdentifiers.largest == 0x1fff_ffff)
        #expect(identifiers.take() == ThreadIdentifiers.largest)
        #expect(identifiers.take() == 1)
        identifiers.giveBack(ThreadIdentifiers.largest)
        #expect(identifiers.take() == 2)
        #expect(identifiers.take() == 3)
        #expect(identifiers.take() == nil)
    }
}
