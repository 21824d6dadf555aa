import CLinuxShims
import Glibc

/// The environment this process was started with, without Foundation.
public enum Environment {
    public static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// All variables as `NAME=value`, in order.
    public static var all: [String] {
        var result: [String] = []
        guard var entry = martlet_environment() else { return result }
        // SAFETY: environ ends with a null pointer, and nobody sets variables while this runs: one thread.
        while let variable = entry.pointee {
            result.append(String(cString: variable))
            entry += 1
        }
        return result
    }
}
