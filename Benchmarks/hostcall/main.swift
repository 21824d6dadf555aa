// What a call from the guest into the host costs: an empty one, and one that reads a word of guest memory.
//
// Loops inside the guest, so that only the calls are measured; the empty loop is subtracted. The least of many short runs
// is printed, which a busy machine disturbs the least.
import WasmEngine

let guest = """
    (module
      (import "host" "nothing" (func $nothing (param i32 i32) (result i32)))
      (import "host" "load" (func $load (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "loop") (param i32)
        (loop $again
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if $again (local.get 0))))
      (func (export "nothing") (param i32)
        (loop $again
          (drop (call $nothing (local.get 0) (local.get 0)))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if $again (local.get 0))))
      (func (export "load") (param i32)
        (loop $again
          (drop (call $load (local.get 0)))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if $again (local.get 0)))))
    """
let calls: Int32 = 200_000
let runs = 400

func makeInstance() throws -> Instance {
    let engine = try Engine()
    let module = try Module.compile(engine, ModuleText.binary(fromText: guest))
    let linker = try Linker(engine)
    try linker.define("host", "nothing", parameters: [.i32, .i32], results: [.i32]) { _, values in
        values[i32: 0] = values[i32: 0] &+ values[i32: 1]
    }
    try linker.define("host", "load", parameters: [.i32], results: [.i32]) { (caller, values) throws(Trap) in
        do throws(GuestMemoryFault) {
            values[i32: 0] = try caller.memory.load(Int32.self, at: 16)
        } catch { throw Trap(error) }
    }
    return try linker.instantiate(module, in: Store(engine))
}

/// Nanoseconds for one turn of the loop in an export.
func nanoseconds(_ export: String, of instance: Instance) throws -> Double {
    let function = try instance.function(export)
    let clock = ContinuousClock()
    var least = Duration.seconds(100)
    for _ in 0..<runs {
        least = min(least, try clock.measure { _ = try function.call([.i32(calls)]) })
    }
    return (Double(least.components.seconds) * 1e9 + Double(least.components.attoseconds) / 1e9) / Double(calls)
}

let instance = try makeInstance()
let loop = try nanoseconds("loop", of: instance)
for export in ["nothing", "load"] {
    let cost = try nanoseconds(export, of: instance) - loop
    print("\(export): \((cost * 10).rounded() / 10) ns a call")
}
