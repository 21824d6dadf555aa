extension Duration {
    /// Clamped to what 64 bits hold: from nothing to 584 years.
    public var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product.addingClamped(UInt64(max(attoseconds, 0) / 1_000_000_000))
    }
}

extension Clocks {
    /// When so many nanoseconds have passed on the monotonic clock; the last moment there is when they are too many.
    ///
    /// (The standard library's `ContinuousClock` would link its concurrency and libdispatch into every program of ours:
    /// 0.3 ms at each start.)
    public static func deadline(in nanoseconds: UInt64) -> UInt64 { now(.monotonic).addingClamped(nanoseconds) }
}

extension UInt64 {
    fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
