import Glibc

/// Limits on what this process may use (setrlimit(2)); they hold for its threads and its children.
public enum ResourceLimits {
    /// What is limited, by the RLIMIT_ names.
    public enum Resource: Sendable {
        /// Seconds of processor time; beyond it SIGXCPU, then SIGKILL.
        case processorSeconds
        /// Bytes of private writable memory (RLIMIT_DATA): unlike address space, what is merely reserved doesn't count.
        case data
        /// Bytes of a file that is written.
        case fileSize
        case coreSize
        case openFiles
    }

    /// Sets both the soft and the hard limit; never above the hard limit that is there.
    public static func set(_ resource: Resource, to value: UInt64) throws(SystemCallError) {
        let number = __rlimit_resource_t(UInt32(bitPattern: identifier(resource)))
        var limit = rlimit()
        _ = try checked("getrlimit") { getrlimit(number, &limit) }
        let lowered = min(rlim_t(value), limit.rlim_max)
        limit = rlimit(rlim_cur: lowered, rlim_max: lowered)
        _ = try checked("setrlimit") { setrlimit(number, &limit) }
    }

    /// RLIMIT_ numbers of the generic Linux ABI.
    private static func identifier(_ resource: Resource) -> Int32 {
        switch resource {
        case .processorSeconds: 0
        case .fileSize: 1
        case .data: 2
        case .coreSize: 4
        case .openFiles: 7
        }
    }
}
