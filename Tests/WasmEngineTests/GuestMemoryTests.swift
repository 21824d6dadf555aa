import Testing
import WasmEngine

@Suite struct GuestMemoryTests {
    static let size: UInt64 = 65_536

    /// One page whose bytes count up, lent to the body.
    private func withPage<Result>(_ body: (GuestMemory) throws -> Result) throws -> Result {
        let instance = try Fixtures.instance("(module (memory (export \"memory\") 1))")
        let result = instance.withMemory { memory in
            Swift.Result {
                try memory.withMutableBytes(at: 0, count: Self.size) { bytes in
                    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index) }
                }
                return try body(memory)
            }
        }
        return try #require(result).get()
    }

    @Test func numbersAreReadAndWrittenLittleEndianAtAnyAlignment() throws {
        try withPage { (memory) throws in
            #expect(try memory.load(UInt8.self, at: 3) == 3)
            #expect(try memory.load(UInt16.self, at: 1) == 0x0201)
            #expect(try memory.load(UInt32.self, at: 5) == 0x0807_0605)
            #expect(try memory.load(UInt64.self, at: 1) == 0x0807_0605_0403_0201)
            #expect(try memory.load(Int32.self, at: 0xfd) == 0x00ff_fefd)
            try memory.store(UInt32(0xdead_beef), at: 7)
            #expect(try memory.bytes(at: 6, count: 6) == [6, 0xef, 0xbe, 0xad, 0xde, 11])
            try memory.store(Int64(-2), at: 9)
            #expect(try memory.load(Int64.self, at: 9) == -2)
        }
    }

    @Test(arguments: [1, 2, 4, 8] as [UInt64])
    func anAccessEndsAtTheLastByte(_ width: UInt64) throws {
        func load(_ memory: GuestMemory, _ address: UInt64) throws {
            switch width {
            case 1: _ = try memory.load(UInt8.self, at: address)
            case 2: _ = try memory.load(UInt16.self, at: address)
            case 4: _ = try memory.load(UInt32.self, at: address)
            default: _ = try memory.load(UInt64.self, at: address)
            }
        }
        func store(_ memory: GuestMemory, _ address: UInt64) throws {
            switch width {
            case 1: try memory.store(UInt8(0), at: address)
            case 2: try memory.store(UInt16(0), at: address)
            case 4: try memory.store(UInt32(0), at: address)
            default: try memory.store(UInt64(0), at: address)
            }
        }
        try withPage { (memory) throws in
            try load(memory, 0)
            try load(memory, Self.size - width)
            try store(memory, Self.size - width)
            let outside: [UInt64] = [
                Self.size - width + 1, Self.size, Self.size + 1, 0xffff_ffff, 0x1_0000_0000, UInt64(Int64.max),
                .max - width, .max - width + 1, .max - 1, .max,
            ]
            for address in outside {
                #expect(throws: GuestMemoryFault(address: address, count: width, size: Self.size)) {
                    try load(memory, address)
                }
                #expect(throws: GuestMemoryFault.self) { try store(memory, address) }
            }
        }
    }

    @Test func rangesAreCheckedAsAWholeAlsoWhenTheyWrapAround() throws {
        try withPage { (memory) throws in
            #expect(try memory.withBytes(at: 0, count: Self.size) { $0.count } == Int(Self.size))
            // An empty range may stand at the very end, and nowhere behind it.
            #expect(try memory.withBytes(at: Self.size, count: 0) { $0.count } == 0)
            let outside: [(UInt64, UInt64)] = [
                (Self.size + 1, 0), (0, Self.size + 1), (1, Self.size), (Self.size, 1), (.max, 1), (1, .max),
                (.max, .max),
                (.max - 5, 10), (0, .max), (UInt64(Int64.max), 2), (2, UInt64(Int64.max)), (.max, 0),
            ]
            for (address, count) in outside {
                let isInside = memory.contains(at: address, count: count)
                #expect(!isInside)
                #expect(throws: GuestMemoryFault.self) { try memory.withBytes(at: address, count: count) { $0.count } }
                #expect(throws: GuestMemoryFault.self) {
                    try memory.withMutableBytes(at: address, count: count) { $0.count }
                }
                #expect(throws: GuestMemoryFault.self) { try memory.bytes(at: address, count: count) }
                #expect(throws: GuestMemoryFault.self) { try memory.string(at: address, count: count) }
                #expect(throws: GuestMemoryFault.self) { try memory.validatedString(at: address, count: count) }
            }
            #expect(throws: GuestMemoryFault.self) { try memory.write([1, 2], at: Self.size - 1) }
            // Nothing of it was written.
            #expect(try memory.load(UInt8.self, at: Self.size - 1) == 0xff)
        }
    }

    @Test func theBytesOnBothSidesOfAWriteStay() throws {
        try withPage { (memory) throws in
            try memory.write([0xaa, 0xbb, 0xcc], at: 100)
            #expect(try memory.bytes(at: 98, count: 7) == [98, 99, 0xaa, 0xbb, 0xcc, 103, 104])
            try memory.write([], at: Self.size)
        }
    }

    @Test func textIsCopiedAndCheckedWhenAskedTo() throws {
        try withPage { (memory) throws in
            try memory.write(Array("grüß".utf8), at: 10)
            #expect(try memory.string(at: 10, count: 6) == "grüß")
            #expect(try memory.validatedString(at: 10, count: 6) == "grüß")
            #expect(try memory.validatedString(at: 10, count: 3) == nil)
            #expect(try memory.string(at: 10, count: 3) == "gr\u{fffd}")
            #expect(try memory.validatedString(at: 10, count: 0) == "")
        }
    }

    @Test func aClosureThrowsItsOwnErrorAndAFaultJoinsIt() throws {
        try withPage { (memory) throws in
            #expect(throws: Trap.self) {
                try memory.withBytes(at: 0, count: 1) { (_) throws(Trap) in throw Trap(message: "own") }
            }
            let error = #expect(throws: Trap.self) {
                try memory.withBytes(at: Self.size, count: 1) { (_) throws(Trap) in }
            }
            #expect(error?.message == "access to 1 bytes at 65536 is outside the guest's memory of 65536 bytes")
        }
    }

    @Test func anInstanceWithoutMemoryHasAnEmptyOne() throws {
        let instance = try Fixtures.instance(
            "(module (import \"h\" \"f\" (func $f)) (func (export \"go\") (call $f)))"
        ) { linker in
            try linker.define("h", "f", parameters: [], results: []) { (caller, _) throws(Trap) in
                guard caller.memory.size == 0 else { throw Trap(message: "not empty") }
                do throws(GuestMemoryFault) { _ = try caller.memory.load(UInt8.self, at: 0) } catch {
                    throw Trap(error)
                }
            }
        }
        let trap = #expect(throws: EngineError.self) { try instance.call("go") }?.trap
        guard case .host(let fault)? = trap?.reason else {
            Issue.record("no fault")
            return
        }
        #expect(fault as? GuestMemoryFault == GuestMemoryFault(address: 0, count: 1, size: 0))
        #expect(instance.withMemory { _ in true } == nil)
    }

    @Test func eachOfSeveralInstancesInAStoreHasItsOwnMemory() throws {
        let engine = try Fixtures.engine.get()
        let linker = try Linker(engine)
        try linker.define("h", "first", parameters: [], results: [.i32]) { (caller, values) throws(Trap) in
            do throws(GuestMemoryFault) {
                values[i32: 0] =
                    Int32(try caller.memory.load(UInt8.self, at: 0)) + Int32(caller.memory.size / 65_536) * 100
            } catch { throw Trap(error) }
        }
        func module(_ letter: String, _ pages: Int) throws -> Module {
            try Fixtures.module(
                """
                (module (import "h" "first" (func $f (result i32))) (memory (export "memory") \(pages))
                  (data (i32.const 0) "\(letter)") (func (export "go") (result i32) (call $f)))
                """)
        }
        let store = try Store(engine)
        let first = try linker.instantiate(module("A", 1), in: store)
        #expect(try first.call("go") == [.i32(165)])
        let second = try linker.instantiate(module("B", 2), in: store)
        #expect(try first.call("go") == [.i32(165)])
        #expect(try second.call("go") == [.i32(266)])
    }

    @Test func aStartFunctionSeesItsMemoryToo() throws {
        let instance = try Fixtures.instance(
            """
            (module (import "h" "set" (func $set)) (memory (export "memory") 1) (start $set)
              (func (export "get") (result i32) (i32.load8_u (i32.const 5))))
            """
        ) { linker in
            try linker.define("h", "set", parameters: [], results: []) { (caller, _) throws(Trap) in
                do throws(GuestMemoryFault) { try caller.memory.store(UInt8(9), at: 5) } catch { throw Trap(error) }
            }
        }
        #expect(try instance.call("get") == [.i32(9)])
    }

    @Test func aSecondInstancesStartFunctionSeesItsOwnMemory() throws {
        let engine = try Fixtures.engine.get()
        let linker = try Linker(engine)
        try linker.define("h", "mark", parameters: [], results: []) { (caller, _) throws(Trap) in
            do throws(GuestMemoryFault) { try caller.memory.store(UInt8(1), at: 70_000) } catch { throw Trap(error) }
        }
        let first = try Fixtures.module("(module (memory (export \"memory\") 2))")
        let second = """
            (module (import "h" "mark" (func $m)) (memory (export "memory") 2) (start $m))
            """
        let store = try Store(engine)
        let one = try linker.instantiate(first, in: store)
        let two = try linker.instantiate(Fixtures.module(second), in: store)
        #expect(one.withMemory { try? $0.load(UInt8.self, at: 70_000) } == 0)
        #expect(two.withMemory { try? $0.load(UInt8.self, at: 70_000) } == 1)
    }

    @Test func nothingOfAnInstanceIsLeftForTheNext() throws {
        // A canary in every page and at every place where state can hide, then a new instance in the same process.
        let text = """
            (module (memory (export "memory") 16) (global (export "g") (mut i64) (i64.const 0)) (table $t 8 externref)
              (data (i32.const 100) "init")
              (func (export "fill") (memory.fill (i32.const 0) (i32.const 0xa5) (i32.const 1048576))
                (drop (memory.grow (i32.const 16))) (memory.fill (i32.const 1048576) (i32.const 0xa5) (i32.const 1048576))
                (global.set 0 (i64.const -1)))
              (func (export "sweep") (result i32) (local $i i32) (local $n i32)
                (loop $l
                  (local.set $n (i32.add (local.get $n) (i32.eq (i32.load8_u (local.get $i)) (i32.const 0xa5))))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $l (i32.lt_u (local.get $i) (i32.mul (memory.size) (i32.const 65536)))))
                (local.get $n)))
            """
        let engine = try Fixtures.engine.get()
        let prepared = try Linker(engine).prepare(Fixtures.module(text))
        for _ in 0..<8 {
            let instance = try prepared.instantiate(in: Store(engine))
            #expect(try instance.call("sweep") == [.i32(0)])
            #expect(instance.global("g") == .i64(0))
            #expect(instance.withMemory { try? $0.string(at: 100, count: 4) } == "init")
            #expect(instance.withMemory { $0.size } == 1_048_576)
            try instance.call("fill")
            #expect(try instance.call("sweep") == [.i32(2_097_152)])
        }
    }
}
