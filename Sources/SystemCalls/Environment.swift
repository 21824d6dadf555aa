import CLinuxShims
import Glibc

/// The environment of this process, without Foundation.
public enum Environment {
    /// A variable's value; nil when it isn't set.
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

    /// Sets a variable for this process and what it executes; nil removes it. For a process with one thread.
    public static func set(_ name: String, to value: String?) throws(SystemCallError) {
        _ = try checked("setenv", name) { value.map { setenv(name, $0, 1) } ?? unsetenv(name) }
    }
}
