import CLinuxShims
import Glibc

/// What poll(2) waits for, and what it found.
public struct PollEvents: OptionSet, Hashable, Sendable {
    public let rawValue: Int16
    public init(rawValue: Int16) { self.rawValue = rawValue }

    public static let readable = PollEvents(rawValue: Int16(POLLIN))
    public static let writable = PollEvents(rawValue: Int16(POLLOUT))
    /// Found: the other side closed. Never asked for.
    public static let hangUp = PollEvents(rawValue: Int16(POLLHUP))
    /// Found: the descriptor is in error.
    public static let error = PollEvents(rawValue: Int16(POLLERR))
    /// Found: the number isn't open.
    public static let notOpen = PollEvents(rawValue: Int16(POLLNVAL))
}

/// One descriptor to wait for: the kernel's `struct pollfd`.
@frozen
public struct PollRequest: Sendable {
    public var descriptor: Int32
    public var wanted: PollEvents
    public var found: PollEvents = []

    public init(_ descriptor: Int32, _ wanted: PollEvents) {
        self.descriptor = descriptor
        self.wanted = wanted
    }
}

/// Waiting for several descriptors.
public enum Poll {
    /// ppoll(2): how many requests found something; 0 at the timeout.
    ///
    /// `timeout` is in nanoseconds; nil waits forever. An interrupted wait goes on with what is left of the time.
    public static func wait(_ requests: inout [PollRequest], timeout: UInt64?) throws(SystemCallError) -> Int {
        let start = timeout == nil ? 0 : Clocks.now(.monotonic)
        while true {
            let left = timeout.map { limit in
                let elapsed = Clocks.now(.monotonic) &- start
                return elapsed >= limit ? 0 : limit - elapsed
            }
            let found = requests.withUnsafeMutableBufferPointer { buffer in
                // SAFETY: PollRequest has the members of struct pollfd in their order: int, short, short.
                buffer.withMemoryRebound(to: pollfd.self) { ppoll($0, left) }
            }
            if found >= 0 { return Int(found) }
            let errno = Errno.last
            if errno != .interrupted { throw SystemCallError("ppoll", nil, errno) }
        }
    }

    private static func ppoll(_ requests: UnsafeMutableBufferPointer<pollfd>, _ timeout: UInt64?) -> Int32 {
        guard let timeout else { return martlet_ppoll(requests.baseAddress, UInt(requests.count), nil) }
        var time = Clocks.timespec(nanoseconds: timeout)
        return martlet_ppoll(requests.baseAddress, UInt(requests.count), &time)
    }

    /// Bytes that can be read now, by FIONREAD; nil when the descriptor doesn't know.
    public static func readableBytes(_ descriptor: Int32) -> Int? {
        var count: Int32 = 0
        guard martlet_ioctl_pointer(descriptor, UInt(FIONREAD), &count) == 0 else { return nil }
        return Int(count)
    }
}
