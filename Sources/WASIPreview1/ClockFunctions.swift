import SystemCalls
import WasmEngine

/// `clock_res_get` and `clock_time_get`.
///
/// Errors: `inval` for a clock that preview 1 doesn't know. The CPU clocks count for the guest's process and the calling
/// thread.
enum ClockFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("clock_res_get", [.i32, .i32]) { (_, memory, values) throws(Preview1Failure) in
            let clock = try clock(values[u32: 0])
            try memory.put(Clocks.resolution(clock), at: values[u32: 1])
        },
        // The precision (argument 1) is what the guest would put up with: more is given at no cost.
        Preview1Function("clock_time_get", [.i32, .i64, .i32]) { (_, memory, values) throws(Preview1Failure) in
            let clock = try clock(values[u32: 0])
            try memory.put(Clocks.now(clock), at: values[u32: 2])
        },
    ]

    /// `clockid` of the witx file.
    static func clock(_ id: UInt32) throws(Preview1Failure) -> Clocks.Clock {
        switch id {
        case 0: .realtime
        case 1: .monotonic
        case 2: .processCPU
        case 3: .threadCPU
        default: throw .errno(.inval)
        }
    }
}
