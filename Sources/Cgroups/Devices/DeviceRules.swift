import OCISpec

/// The device rules of a container: those of its configuration, then those that every container has.
///
/// Runtime specification, "Allowed Device list": entries count in the listed order. What no rule names is refused.
struct DeviceRules: Equatable, Sendable {
    var rules: [DeviceRule]

    static let field = "linux.resources.devices"

    /// Rules of one container.
    static let limit = 1024

    /// Rules as they stand, without those of every container.
    init(unchecked rules: [DeviceRule]) { self.rules = rules }

    /// - Throws: with the field of the rule that makes no sense.
    init(_ specified: [LinuxDeviceRule]) throws(CgroupError) {
        guard specified.count <= Self.limit else {
            throw CgroupError(
                field: Self.field, "has \(specified.count) rules, at most \(Self.limit) are enforced")
        }
        rules = []
        rules.reserveCapacity(specified.count + Self.always.count)
        for (index, rule) in specified.enumerated() {
            rules.append(try Self.rule(rule, field: "\(Self.field)[\(index)]"))
        }
        rules += Self.always
    }

    private static func rule(_ rule: LinuxDeviceRule, field: String) throws(CgroupError) -> DeviceRule {
        guard !rule.access.isEmpty else {
            throw CgroupError(field: "\(field).access", "is empty; name what is meant with the letters r, w and m")
        }
        let kind: DeviceSet.Kind? =
            switch rule.type {
            case .all: nil
            case .character: .character
            case .block: .block
            }
        return DeviceRule(
            isAllowed: rule.allow, kind: kind, major: try number(rule.major, field: "\(field).major"),
            minor: try number(rule.minor, field: "\(field).minor"), access: rule.access)
    }

    private static func number(_ number: UInt32?, field: String) throws(CgroupError) -> UInt32? {
        guard let number else { return nil }
        guard number <= UInt32(Int32.max) else {
            throw CgroupError(field: field, "no device has the number \(number)")
        }
        return number
    }

    /// What runc and crun allow every container, whatever its configuration says: nodes of all kinds can be made (not
    /// opened), the terminals, and the devices that the specification's "Default Devices" puts into each root.
    static let always: [DeviceRule] = [
        allow(.character, nil, nil, .mknod),
        allow(.block, nil, nil, .mknod),
        allow(.character, 1, 3),  // null
        allow(.character, 1, 5),  // zero
        allow(.character, 1, 7),  // full
        allow(.character, 1, 8),  // random
        allow(.character, 1, 9),  // urandom
        allow(.character, 5, 0),  // tty
        allow(.character, 5, 1),  // console
        allow(.character, 5, 2),  // ptmx
        allow(.character, 136, nil),  // pts/*
        allow(.character, 10, 200),  // net/tun: callers rely on it
    ]

    private static func allow(
        _ kind: DeviceSet.Kind, _ major: UInt32?, _ minor: UInt32?, _ access: DeviceAccess = .all
    ) -> DeviceRule {
        DeviceRule(isAllowed: true, kind: kind, major: major, minor: minor, access: access)
    }
}
