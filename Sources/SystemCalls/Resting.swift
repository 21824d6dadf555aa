import CLinuxShims
import Glibc

/// Pages of this process that are as they stand in a file, and can be had from there again.
public struct CleanPages: Hashable, Sendable {
    public let start: UInt
    public let count: UInt

    /// The whole pages between two addresses.
    public init(from start: UInt, to end: UInt) {
        let page = UInt(bitPattern: max(1, sysconf(Int32(_SC_PAGESIZE))))
        let (rounded, overflow) = start.addingReportingOverflow(page - 1)
        self.start = rounded / page * page
        let last = end / page * page
        count = overflow || last < self.start ? 0 : last - self.start
    }
}

extension Poll {
    /// Waits like `wait`, as somebody who expects it to take long: this process first gives back the memory that it can have
    /// again, namely code and constants, free heap, unused stack, and `clean`.
    ///
    /// It costs half a millisecond, most of it when the process goes on. A signal ends the wait early, as if time were up.
    public static func rest(
        _ requests: inout [PollRequest], timeout: UInt64?, _ clean: [CleanPages] = []
    ) throws(SystemCallError) -> Int {
        let ranges = clean.map { martlet_range(start: $0.start, length: Int($0.count)) }
        let found = requests.withUnsafeMutableBufferPointer { buffer in
            // SAFETY: PollRequest has the members of struct pollfd in their order: int, short, short.
            buffer.withMemoryRebound(to: pollfd.self) { requests in
                guard let timeout else {
                    return martlet_rest(requests.baseAddress, requests.count, nil, ranges, ranges.count)
                }
                var time = Clocks.timespec(nanoseconds: timeout)
                return martlet_rest(requests.baseAddress, requests.count, &time, ranges, ranges.count)
            }
        }
        if found >= 0 { return Int(found) }
        let errno = Errno.last
        if errno != .interrupted { throw SystemCallError("ppoll", nil, errno) }
        return 0
    }
}
