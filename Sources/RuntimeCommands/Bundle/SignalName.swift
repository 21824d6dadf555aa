/// Signals as `kill` is given them: `9`, `KILL`, `SIGKILL`, `sigkill`, `RTMIN+3`.
enum SignalName {
    /// - Returns: the number, 0 to 64; nil for a name that Linux doesn't have.
    static func number(_ text: String) -> Int32? {
        if let number = Int32(text) { return (0...64).contains(number) ? number : nil }
        var name = text.uppercased()[...]
        if name.hasPrefix("SIG") { name = name.dropFirst(3) }
        if let number = standard[String(name)] { return number }
        return realTime(name)
    }

    /// What the C library leaves of the real-time signals for programs.
    private static let realTimeRange: ClosedRange<Int32> = 34...64

    private static func realTime(_ name: Substring) -> Int32? {
        for (prefix, base, sign) in [
            ("RTMIN", realTimeRange.lowerBound, "+"), ("RTMAX", realTimeRange.upperBound, "-"),
        ]
        where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            if rest.isEmpty { return base }
            guard rest.hasPrefix(sign), let offset = Int32(rest.dropFirst()), (0...30).contains(offset) else {
                return nil
            }
            return sign == "+" ? base + offset : base - offset
        }
        return nil
    }

    // The same on x86-64 and aarch64: signal(7).
    private static let standard: [String: Int32] = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9,
        "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CLD": 17,
        "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26,
        "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31,
    ]
}
