/// A version of the runtime specification, as `ociVersion` names it.
///
/// Where the specification has changed what a runtime must do, a bundle is treated as the version says that it was written
/// for.
public struct SpecificationVersion: Comparable, Sendable {
    public let major: UInt32
    public let minor: UInt32

    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// `1.0.2-dev` is 1.0; what can't be read is 1.0 too.
    public init(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 2).map { part in
            UInt32(part.prefix { "0" <= $0 && $0 <= "9" })
        }
        major = parts.first.flatMap { $0 } ?? 1
        minor = parts.dropFirst().first.flatMap { $0 } ?? 0
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.major != right.major ? left.major < right.major : left.minor < right.minor
    }

    /// A capability that can't be had is a warning from here on; before, one that no kernel has was an error.
    public static let warnsOfCapabilities = SpecificationVersion(major: 1, minor: 1)
    /// `linux.resources.pids.limit` 0 is a limit from here on; before, engines wrote it where none was meant.
    public static let limitsToNoTasks = SpecificationVersion(major: 1, minor: 3)
    /// A `poststart` hook that fails ends the container from here on; before, it was a warning.
    public static let endsByPoststart = SpecificationVersion(major: 1, minor: 3)
}

extension LinuxResources {
    /// Leaves out what a configuration of this version writes where nothing is meant.
    public mutating func leaveOutUnset(by version: SpecificationVersion) {
        if version < .limitsToNoTasks, pids?.limit == 0 { pids?.limit = nil }
    }
}
