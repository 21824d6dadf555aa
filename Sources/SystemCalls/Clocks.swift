import Glibc

/// The kernel's clocks. Reading them goes through the vDSO where the kernel offers it: no system call.
public enum Clocks {
    /// Which of the kernel's clocks (clock_gettime(2)).
    public enum Clock: Sendable {
        case realtime, monotonic, processCPU, threadCPU

        var number: clockid_t {
            switch self {
            case .realtime: CLOCK_REALTIME
            case .monotonic: CLOCK_MONOTONIC
            case .processCPU: CLOCK_PROCESS_CPUTIME_ID
            case .threadCPU: CLOCK_THREAD_CPUTIME_ID
            }
        }
    }

    /// Nanoseconds on a clock. Every Linux has these four, so that reading one can't fail; before 1970 is 0.
    public static func now(_ clock: Clock) -> UInt64 {
        var time = Glibc.timespec()
        clock_gettime(clock.number, &time)
        return nanoseconds(time)
    }

    /// The smallest step of a clock in nanoseconds.
    public static func resolution(_ clock: Clock) -> UInt64 {
        var time = Glibc.timespec()
        clock_getres(clock.number, &time)
        return max(nanoseconds(time), 1)
    }

    static func timespec(nanoseconds: UInt64) -> Glibc.timespec {
        Glibc.timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }

    private static func nanoseconds(_ time: Glibc.timespec) -> UInt64 {
        guard time.tv_sec >= 0 else { return 0 }
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
