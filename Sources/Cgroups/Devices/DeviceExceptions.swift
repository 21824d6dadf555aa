import OCISpec

/// The rules as control groups of version 1 have them: one answer for all devices, and exceptions from it.
///
/// The kernel keeps a flat list (Documentation/admin-guide/cgroup-v1/devices.rst): it ignores, without a word, a rule that
/// takes a part out of an exception. Such rules are refused here; everything else gives the answers of `DeviceProgram`.
struct DeviceExceptions: Equatable {
    var allowsOthers: Bool
    /// In the order in which they came.
    private(set) var exceptions: [Exception]

    struct Exception: Equatable {
        var devices: DeviceSet
        var access: DeviceAccess

        var text: String { "\(devices.text) \(access.letters)" }
    }

    init(allowsOthers: Bool, exceptions: [Exception] = []) {
        self.allowsOthers = allowsOthers
        self.exceptions = exceptions
    }

    init(_ rules: DeviceRules) throws(CgroupError) {
        self.init(allowsOthers: false)
        for (index, rule) in rules.rules.enumerated() { try apply(rule, index: index) }
    }

    private mutating func apply(_ rule: DeviceRule, index: Int) throws(CgroupError) {
        if rule.isEverything {
            self = DeviceExceptions(allowsOthers: rule.isAllowed)
            return
        }
        for devices in rule.sets {
            if rule.isAllowed == allowsOthers {
                try remove(devices, rule.access, index: index)
            } else {
                add(devices, rule.access)
            }
        }
    }

    private mutating func add(_ devices: DeviceSet, _ access: DeviceAccess) {
        if let place = exceptions.firstIndex(where: { $0.devices == devices }) {
            exceptions[place].access.formUnion(access)
        } else {
            exceptions.append(Exception(devices: devices, access: access))
        }
    }

    private mutating func remove(_ devices: DeviceSet, _ access: DeviceAccess, index: Int) throws(CgroupError) {
        for exception in exceptions where !exception.access.isDisjoint(with: access) {
            guard !exception.devices.overlaps(devices) || devices.contains(exception.devices) else {
                throw CgroupError(
                    field: "\(DeviceRules.field)[\(index)]",
                    "control groups of version 1 can't take \(devices.text) out of \(exception.text)")
            }
        }
        for place in exceptions.indices where devices.contains(exceptions[place].devices) {
            exceptions[place].access.subtract(access)
        }
        exceptions.removeAll { $0.access.isEmpty }
    }
}

extension DeviceExceptions {
    /// One line for `devices.allow` or `devices.deny`.
    struct Change: Equatable {
        var isAllowed: Bool
        var text: String
    }

    /// What brings a group from `current`, nil for a new one, to this: without a moment in which everything is refused,
    /// where that can be.
    func changes(from current: DeviceExceptions?) -> [Change] {
        // In a group that allows others, devices.list doesn't show the exceptions: there is nothing to compare with.
        guard let current, !current.allowsOthers, !allowsOthers else {
            return [Change(isAllowed: allowsOthers, text: "a")]
                + exceptions.map { Change(isAllowed: !allowsOthers, text: $0.text) }
        }
        return difference(from: current).map { Change(isAllowed: true, text: $0.text) }
            + current.difference(from: self).map { Change(isAllowed: false, text: $0.text) }
    }

    /// What this has and the other hasn't.
    private func difference(from other: DeviceExceptions) -> [Exception] {
        exceptions.compactMap { exception in
            let known = other.exceptions.first { $0.devices == exception.devices }?.access ?? []
            let access = exception.access.subtracting(known)
            return access.isEmpty ? nil : Exception(devices: exception.devices, access: access)
        }
    }

    /// Reads `devices.list`; nil when a line isn't the kernel's.
    init?(list: String) {
        self.init(allowsOthers: false)
        for line in list.split(separator: "\n") {
            if line.first == "a" {
                self = DeviceExceptions(allowsOthers: true)
                return
            }
            let fields = line.split(whereSeparator: { $0 == " " || $0 == ":" })
            guard fields.count == 4, let kind = DeviceSet.Kind.allCases.first(where: { $0.letter == fields[0] }),
                let access = DeviceAccess(letters: fields[3].utf8), !access.isEmpty
            else { return nil }
            var numbers: [UInt32?] = []
            for field in fields[1...2] {
                let number = UInt32(field)
                if number == nil, field != "*" { return nil }
                numbers.append(number)
            }
            exceptions.append(
                Exception(devices: DeviceSet(kind: kind, major: numbers[0], minor: numbers[1]), access: access))
        }
    }
}
