import OCISpec
import SystemCalls

/// Holds the processes of a control group to the device rules of their container.
///
/// A configuration without rules leaves only the devices that every container has (`DeviceRules.always`).
public struct DeviceController: Sendable {
    let rules: DeviceRules
    let isInUserNamespace: Bool

    public enum Outcome: Equatable, Sendable {
        case enforced
        /// In a user namespace nobody may set rules, and the kernel refuses to make nodes and to open the host's anyway.
        case leftToUserNamespace
    }

    /// Checks the rules; nothing is touched.
    ///
    /// - Throws: with the field of a rule that makes no sense.
    public init(_ specified: [LinuxDeviceRule]) throws(CgroupError) {
        try self.init(specified, isInUserNamespace: Self.runsInUserNamespace())
    }

    init(_ specified: [LinuxDeviceRule], isInUserNamespace: Bool) throws(CgroupError) {
        rules = try DeviceRules(specified)
        self.isInUserNamespace = isInUserNamespace
    }

    /// Holds the group at a directory to the rules, at creation and at an update alike.
    ///
    /// - Parameter unified: a group of version 2, by a program of eBPF; otherwise one of the devices controller of version 1.
    @discardableResult
    public static func apply(
        _ specified: [LinuxDeviceRule], directory: String, unified: Bool
    ) throws(CgroupError) -> Outcome {
        let controller = try DeviceController(specified)
        return unified
            ? try controller.apply(toUnified: directory) : try controller.apply(toLegacy: directory, isNew: false)
    }

    /// Whether this process stands in another user namespace than the machine's first.
    static func runsInUserNamespace() -> Bool {
        guard let bytes = try? Files.contents(of: "/proc/self/uid_map", limit: 1 << 16) else { return false }
        let fields = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return fields != ["0", "0", "4294967295"]
    }

    /// Writes `devices.allow` and `devices.deny` of a group of version 1.
    ///
    /// - Parameter isNew: nobody is in the group yet, nothing needs to be kept working meanwhile.
    @discardableResult
    public func apply(toLegacy directory: String, isNew: Bool) throws(CgroupError) -> Outcome {
        if isInUserNamespace { return .leftToUserNamespace }
        let wanted = try DeviceExceptions(rules)
        do throws(SystemCallError) {
            let group = try Files.open(directory, flags: [.path, .directory])
            let current = isNew ? nil : try Self.exceptions(of: group.rawValue)
            try Self.write(wanted.changes(from: current), to: group.rawValue)
        } catch {
            throw CgroupError(field: DeviceRules.field, error, advice: Self.legacyAdvice(error.errno))
        }
        return .enforced
    }

    /// `devices.list` has a line for each exception, none longer than this.
    private static let listLimit = 40 * DeviceRules.limit

    private static func exceptions(of group: Int32) throws(SystemCallError) -> DeviceExceptions? {
        let bytes = try Files.contents(of: "devices.list", in: group, limit: listLimit)
        return DeviceExceptions(list: String(decoding: bytes, as: UTF8.self))
    }

    private static func write(_ changes: [DeviceExceptions.Change], to group: Int32) throws(SystemCallError) {
        // The kernel takes one line for each write; lines to the same file go through one opening of it.
        var rest = changes[...]
        while let first = rest.first {
            let run = rest.prefix { $0.isAllowed == first.isAllowed }
            try write(run, named: first.isAllowed ? "devices.allow" : "devices.deny", to: group)
            rest = rest.dropFirst(run.count)
        }
    }

    private static func write(
        _ changes: ArraySlice<DeviceExceptions.Change>, named name: String, to group: Int32
    ) throws(SystemCallError) {
        let file = try Files.open(name, in: group, flags: .writeOnly)
        for change in changes {
            do throws(SystemCallError) {
                try Files.writeAll(file.rawValue, Array(change.text.utf8))
            } catch { throw SystemCallError("write", "\(name)\" of \"\(change.text)", error.errno) }
        }
    }

    private static func legacyAdvice(_ errno: Errno) -> String {
        switch errno {
        case .notPermitted: "the control group above must allow what a container is allowed"
        case .invalid: "a group with groups below it can't change between allowing and refusing all others"
        default: "the devices controller must be writable: run as root"
        }
    }
}
