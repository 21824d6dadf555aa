import SystemCalls

/// Signals by the names that people write.
public enum SignalName {
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]
    private static let others: [String: Int32] = ["IOT": 6, "CLD": 17, "POLL": 29, "UNUSED": 31]
    private static let lastRealTime: Int32 = 64

    /// The number of `TERM`, `SIGTERM`, `term`, `15`, `RTMIN+3`, `RTMAX-1`; nil when there is no such signal. 0 only asks.
    public static func number(_ text: String) -> Int32? {
        if let number = Int32(text) { return (0...lastRealTime).contains(number) ? number : nil }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let index = names.firstIndex(of: name) { return Int32(index) + 1 }
        return others[name] ?? realTime(name)
    }

    private static func realTime(_ name: String) -> Int32? {
        if name == "RTMIN" { return Signal.firstRealTime }
        if name == "RTMAX" { return lastRealTime }
        guard let distance = Int32(name.dropFirst(6)), (0...30).contains(distance) else { return nil }
        if name.hasPrefix("RTMIN+") { return Signal.firstRealTime + distance }
        return name.hasPrefix("RTMAX-") ? lastRealTime - distance : nil
    }
}
