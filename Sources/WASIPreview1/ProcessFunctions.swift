import SystemCalls
import WasmEngine

/// `proc_exit`, `proc_raise`, `sched_yield`.
enum ProcessFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("proc_exit", [.i32], returnsErrno: false) { (_, _, values) throws(Preview1Failure) in
            throw .trap(.exit(values[i32: 0]))
        },
        Preview1Function("proc_raise", [.i32]) { (_, _, values) throws(Preview1Failure) in
            try raise(values[u32: 0])
        },
        Preview1Function("sched_yield", []) { (_, _, _) throws(Preview1Failure) in
            Processes.yield()
        },
    ]

    /// `proc_raise`: does to the guest what the signal does to a process that doesn't handle it, since no guest can.
    ///
    /// A deadly signal ends the guest with 128 and the number that Linux gives it. Errors: `inval` for a number that
    /// is no signal, `notsup` for one that would stop the guest.
    static func raise(_ signal: UInt32) throws(Preview1Failure) {
        switch signal {
        case 0: return
        // chld, cont, urg, winch.
        case 16, 17, 22, 27: return
        // stop, tstp, ttin, ttou.
        case 18...21: throw .errno(.notsup)
        // Preview 1 leaves out Linux's number 16 and goes on from there.
        case 1...15: throw .trap(.exit(Int32(128 + signal)))
        case 23...30: throw .trap(.exit(Int32(128 + signal + 1)))
        default: throw .errno(.inval)
        }
    }
}
