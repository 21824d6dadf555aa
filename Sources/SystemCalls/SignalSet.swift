import CLinuxShims
import Glibc

/// A set of signals, blocked and read as a descriptor by a supervisor with one thread.
public struct SignalSet: OptionSet, Hashable, Sendable {
    /// Bit n - 1 is signal n, as the kernel has it.
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public init(_ numbers: [Int32]) {
        self.init(rawValue: numbers.reduce(0) { (1...64).contains($1) ? $0 | 1 << UInt64($1 - 1) : $0 })
    }

    /// Blocks these for the thread and returns what was blocked before.
    public func block() throws(SystemCallError) -> SignalSet {
        var previous: UInt64 = 0
        _ = try checked("rt_sigprocmask") { martlet_signals_block(rawValue, &previous) }
        return SignalSet(rawValue: previous)
    }

    /// Blocks exactly these.
    public func restore() throws(SystemCallError) {
        _ = try checked("rt_sigprocmask") { martlet_signals_restore(rawValue) }
    }

    /// signalfd(2), non-blocking: readable when one of these is pending.
    public func descriptor() throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try checked("signalfd4") { martlet_signalfd(rawValue) })
    }

    /// Takes the next pending signal from a signalfd; nil when there is none.
    public static func next(from descriptor: Int32) throws(SystemCallError) -> Int32? {
        let number = try checked("read", "signalfd") { martlet_signalfd_read(descriptor) }
        return number == 0 ? nil : number
    }

    /// Gives a signal its default effect again.
    public static func useDefault(_ number: Int32) { _ = martlet_signal_default(number) }

    /// Has a signal do nothing (SIG_IGN).
    public static func ignore(_ number: Int32) { _ = martlet_signal_ignore(number) }
}
