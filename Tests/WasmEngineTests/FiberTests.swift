import SystemCalls
import Testing
import WasmEngine

/// Guests that wait: `wait(i)` suspends until the host opened gate i, then returns i * 10 and adds 1 to the byte at i.
private final class Gates: @unchecked Sendable {
    var isOpen: Set<Int32> = []
    var fails: Set<Int32> = []
    struct Broken: Error, Equatable { var gate: Int32 }

    func define(in linker: Linker) throws {
        try linker.defineSuspending("h", "wait", parameters: [.i32], results: [.i32]) {
            [self] (_, values) throws(Trap) in
            let gate = values[i32: 0]
            if isOpen.contains(gate) {
                values[i32: 0] = gate * 10
                return nil
            }
            return Suspension { (memory, values) throws(Trap) in
                if self.fails.contains(gate) { throw Trap(Broken(gate: gate)) }
                guard self.isOpen.contains(gate) else { return false }
                do throws(GuestMemoryFault) {
                    let count = try memory.load(UInt8.self, at: UInt64(gate))
                    try memory.store(count + 1, at: UInt64(gate))
                } catch { throw Trap(error) }
                values[i32: 0] = gate * 10
                return true
            }
        }
        try linker.define("h", "plain", parameters: [.i32], results: [.i32]) { _, values in
            values[i32: 0] = values[i32: 0] + 1
        }
    }

    static let text = """
        (module (import "h" "wait" (func $wait (param i32) (result i32)))
          (import "h" "plain" (func $plain (param i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "go") (param i32) (result i32) (call $plain (call $wait (local.get 0))))
          (func (export "trap") (param i32) (drop (call $wait (local.get 0))) (unreachable))
          (func (export "loop") (loop (br 0)))
          (func (export "pure") (param i32) (result i32) (call $plain (local.get 0))))
        """
}

@Suite struct FiberTests {
    private func instance(_ gates: Gates, policy: FiberPolicy = .many, engine: Engine? = nil) throws -> Instance {
        let engine = try engine ?? Fixtures.engine.get()
        let linker = try Linker(engine)
        try gates.define(in: linker)
        let store = try Store(engine)
        store.fiberPolicy = policy
        return try linker.instantiate(Fixtures.module(Gates.text, engine), in: store)
    }

    private func result(_ progress: Fiber.Progress) -> [Value]? {
        if case .finished(let values) = progress { values } else { nil }
    }

    @Test func aCallSuspendsUntilItsWaitIsOver() throws {
        let gates = Gates()
        let instance = try instance(gates)
        let fiber = try Fiber(instance.function("go"), [.i32(4)])
        #expect(result(try fiber.resume()) == nil)
        #expect(result(try fiber.resume()) == nil)
        gates.isOpen.insert(4)
        #expect(result(try fiber.resume()) == [.i32(41)])
        #expect(fiber.isOver)
        #expect(throws: EngineError.self) { try fiber.resume() }
        #expect(instance.withMemory { (try? $0.load(UInt8.self, at: 4)) ?? 0 } == 1)
    }

    @Test func aCallWhoseWaitIsOverAtOnceNeverSuspends() throws {
        let gates = Gates()
        gates.isOpen = [1]
        let instance = try instance(gates)
        #expect(result(try Fiber(instance.function("go"), [.i32(1)]).resume()) == [.i32(11)])
        // Also outside of a fiber.
        #expect(try instance.call("go", [.i32(1)]) == [.i32(11)])
        #expect(try instance.call("pure", [.i32(1)]) == [.i32(2)])
    }

    @Test func manyCallsAreSuspendedInOneStoreAndResumeInAnyOrder() throws {
        let gates = Gates()
        let instance = try instance(gates)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<20 {
            gates.isOpen = []
            var fibers: [(Int32, Fiber)] = []
            for gate in Int32(0)..<64 {
                let fiber = try Fiber(instance.function("go"), [.i32(gate)])
                #expect(result(try fiber.resume()) == nil)
                fibers.append((gate, fiber))
            }
            for (gate, fiber) in fibers.shuffled(using: &random) {
                gates.isOpen.insert(gate)
                #expect(result(try fiber.resume()) == [.i32(gate * 10 + 1)])
            }
        }
        #expect(instance.withMemory { (try? $0.load(UInt8.self, at: 63)) ?? 0 } == 20)
    }

    @Test func withTheSafePolicyOthersWaitForTheirTurn() throws {
        let gates = Gates()
        let instance = try instance(gates, policy: .one)
        gates.isOpen = [2]
        let first = try Fiber(instance.function("go"), [.i32(1)])
        let second = try Fiber(instance.function("go"), [.i32(2)])
        #expect(result(try first.resume()) == nil)
        // Its gate is open, but it isn't its turn.
        #expect(result(try second.resume()) == nil)
        gates.isOpen.insert(1)
        #expect(result(try first.resume()) == [.i32(11)])
        #expect(result(try second.resume()) == [.i32(21)])
    }

    @Test func whatAWaitThrowsComesBackAsTheSameValue() throws {
        let gates = Gates()
        let instance = try instance(gates)
        let other = try Fiber(instance.function("go"), [.i32(6)])
        _ = try other.resume()
        let fiber = try Fiber(instance.function("go"), [.i32(5)])
        _ = try fiber.resume()
        gates.fails = [5]
        let error = #expect(throws: EngineError.self) { try fiber.resume() }
        guard case .host(let thrown)? = error?.trap?.reason else {
            Issue.record("not an error of the host")
            return
        }
        #expect(thrown as? Gates.Broken == Gates.Broken(gate: 5))
        gates.isOpen = [6]
        #expect(result(try other.resume()) == [.i32(61)])
    }

    @Test func aTrapInOneFiberLeavesTheOthersAlone() throws {
        let gates = Gates()
        let instance = try instance(gates)
        let good = try Fiber(instance.function("go"), [.i32(1)])
        let bad = try Fiber(instance.function("trap"), [.i32(2)])
        _ = try good.resume()
        _ = try bad.resume()
        gates.isOpen = [1, 2]
        let error = #expect(throws: EngineError.self) { try bad.resume() }
        #expect(error?.trap?.code == .unreachable)
        #expect(result(try good.resume()) == [.i32(11)])
    }

    @Test func droppingASuspendedFiberGivesTheStoreUp() throws {
        let gates = Gates()
        let instance = try instance(gates)
        let survivor = try Fiber(instance.function("go"), [.i32(1)])
        _ = try survivor.resume()
        do {
            let dropped = try Fiber(instance.function("go"), [.i32(2)])
            _ = try dropped.resume()
        }
        #expect(instance.store.deathReason?.contains("dropped") == true)
        gates.isOpen = [1, 2]
        #expect(throws: EngineError.self) { try survivor.resume() }
        #expect(throws: EngineError.self) { try instance.call("pure", [.i32(1)]) }
    }

    @Test func aCallOutsideOfAFiberCantWait() throws {
        let gates = Gates()
        let instance = try instance(gates)
        let error = #expect(throws: EngineError.self) { try instance.call("go", [.i32(9)]) }
        #expect(error?.description.contains("only a fiber") == true)
        #expect(instance.store.deathReason != nil)
    }

    @Test func aCallCantGoPastASuspendedOne() throws {
        let gates = Gates()
        let instance = try instance(gates)
        let fiber = try Fiber(instance.function("go"), [.i32(1)])
        _ = try fiber.resume()
        #expect(throws: EngineError.self) { try instance.call("pure", [.i32(1)]) }
        gates.isOpen = [1]
        #expect(result(try fiber.resume()) == [.i32(11)])
        #expect(try instance.call("pure", [.i32(1)]) == [.i32(2)])
    }

    @Test func aSuspendingFunctionTakesNoReferences() throws {
        let linker = try Linker(Fixtures.engine.get())
        #expect(throws: EngineError.self) {
            try linker.defineSuspending("h", "f", parameters: [.externReference], results: []) { _, _ in nil }
        }
    }

    @Test func aHostFunctionInAFiberMayCallBackIntoTheGuest() throws {
        final class Box: @unchecked Sendable { var instance: Instance? }
        let box = Box()
        let gates = Gates()
        let engine = try Fixtures.engine.get()
        let linker = try Linker(engine)
        try gates.define(in: linker)
        try linker.define("h", "back", parameters: [.i32], results: [.i32]) { (_, values) throws(Trap) in
            do throws(EngineError) {
                guard case .i32(let sum)? = try box.instance?.call("inc", [.i32(values[i32: 0])]).first else { return }
                values[i32: 0] = sum
            } catch { throw Trap(error) }
        }
        let instance = try linker.instantiate(
            Fixtures.module(
                """
                (module (import "h" "wait" (func $wait (param i32) (result i32)))
                  (import "h" "back" (func $back (param i32) (result i32))) (memory (export "memory") 1)
                  (func (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
                  (func (export "go") (param i32) (result i32) (call $back (call $wait (local.get 0)))))
                """), in: Store(engine))
        box.instance = instance
        let fibers = try (Int32(0)..<8).map { try Fiber(instance.function("go"), [.i32($0)]) }
        for fiber in fibers { _ = try fiber.resume() }
        gates.isOpen = Set(0..<8)
        for (number, fiber) in fibers.enumerated().reversed() {
            #expect(result(try fiber.resume()) == [.i32(Int32(number) * 10 + 1)])
        }
        box.instance = nil
    }

    @Test func aLoopInAFiberGivesWayWhenItsSliceIsOver() throws {
        let engine = try Fixtures.engine { $0.checksEpochs = true }
        let instance = try instance(Gates(), engine: engine)
        instance.store.setEpochSlice(ticks: 1)
        let fiber = try Fiber(instance.function("loop"))
        // A slice is counted from the resume on.
        let clock = try JoinableThread {
            for _ in 0..<40 {
                pause(milliseconds: 5)
                engine.incrementEpoch()
            }
        }
        for _ in 0..<3 { #expect(result(try fiber.resume()) == nil) }
        _ = consume clock
    }
}
