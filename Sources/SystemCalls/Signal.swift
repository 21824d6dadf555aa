/// The signals that have a meaning here, by their numbers on Linux.
public enum Signal {
    public static let hangUp: Int32 = 1
    public static let interrupt: Int32 = 2
    public static let quit: Int32 = 3
    public static let abort: Int32 = 6
    public static let kill: Int32 = 9
    public static let user1: Int32 = 10
    public static let user2: Int32 = 12
    public static let brokenPipe: Int32 = 13
    public static let alarm: Int32 = 14
    public static let terminate: Int32 = 15
    public static let stackFault: Int32 = 16
    public static let child: Int32 = 17
    public static let processorTime: Int32 = 24
    public static let fileSize: Int32 = 25
    public static let virtualAlarm: Int32 = 26
    public static let profiling: Int32 = 27
    public static let windowChanged: Int32 = 28
    public static let inputOutput: Int32 = 29
    public static let power: Int32 = 30
    public static let badSystemCall: Int32 = 31
    /// SIGRTMIN, as the C library has it, which keeps those before it.
    public static let firstRealTime: Int32 = 34
}
