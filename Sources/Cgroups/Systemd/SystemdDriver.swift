import OCISpec
import SystemCalls

/// Containers' groups made by systemd, as transient scopes that are asked for over its bus.
///
/// Root asks the machine's systemd, directly or over the system bus; others ask their own. Nothing that the other side
/// sends, or doesn't send, can do more than make a call fail, and none takes longer than `patience` once there is a connection.
public enum SystemdDriver {
    /// In milliseconds, as long as runc waits.
    static let patience: UInt64 = 30_000
    private static let connecting = BusConnection.Patience(reaching: 5_000, greeting: 25_000)

    /// Works out the unit's name and group. Nothing is made yet: systemd wants a process to put into a scope.
    ///
    /// - Parameter path: `linux.cgroupsPath`, `slice:prefix:name`; nil for `martlet-ID.scope`.
    public static func create(path: String?, id: String, rootless: Bool) throws(CgroupError) -> SystemdUnit {
        try create(path: path, id: id, rootless: rootless, addresses: addresses(rootless))
    }

    static func create(
        path: String?, id: String, rootless: Bool, addresses: [BusAddress]
    ) throws(CgroupError) -> SystemdUnit {
        let name = try UnitName(path: path, id: id, isUser: rootless)
        var above = ""
        if rootless {
            // The user's systemd has a part of the tree, and counts slices from there.
            above = try ask("the group of the user's manager", addresses) { systemd, deadline throws(BusError) in
                try systemd.property("ControlGroup", until: deadline)
            }
            guard above.isEmpty || above.hasPrefix("/"), !above.pathParts.contains("..") else {
                throw CgroupError("systemd says that it manages \"\(above)\", which is no group")
            }
        }
        return SystemdUnit(
            name: name.unit, slice: name.slice, group: above + name.group, belongsToUser: rootless)
    }

    /// Refuses what `start` would refuse, before anything is made.
    static func check(
        _ resources: LinuxResources?, unified: Bool, annotations: [String: String]
    ) throws(CgroupError) {
        _ = try AnnotatedProperties.list(annotations)
        _ = try UnitPlan.limits(resources ?? LinuxResources(), unified: unified, isNew: true)
    }

    /// Makes the unit with the process inside and waits until systemd says that the job is done.
    ///
    /// - Parameters:
    ///   - unified: version 2 rules over everything.
    ///   - annotations: of the container; those that begin with `org.systemd.property.` become properties.
    public static func start(
        _ unit: SystemdUnit, process: Int32, resources: LinuxResources?, unified: Bool,
        annotations: [String: String] = [:]
    ) throws(CgroupError) {
        try start(
            unit, process: process, resources: resources, unified: unified, annotations: annotations,
            addresses: addresses(unit.belongsToUser))
    }

    static func start(
        _ unit: SystemdUnit, process: Int32, resources: LinuxResources?, unified: Bool, annotations: [String: String],
        addresses: [BusAddress]
    ) throws(CgroupError) {
        guard let number = UInt32(exactly: process), number > 0 else {
            throw CgroupError("the process \(process) can't be put into the unit \(unit.name)")
        }
        let fixed = UnitPlan.fixed(unit, process: number, unified: unified)
        let annotated = try AnnotatedProperties.list(annotations)
        let limits = try UnitPlan.limits(resources ?? LinuxResources(), unified: unified, isNew: true)
        try ask("making \(unit.name)", addresses) { systemd, deadline throws(BusError) in
            try UnitPlan.leavingOutUnknown(limits) { limits throws(BusError) in
                let properties = fixed + annotated + limits
                do throws(BusError) {
                    try systemd.startTransientUnit(unit.name, properties, until: deadline)
                } catch {
                    guard error.isAnswer("org.freedesktop.systemd1.UnitExists") else { throw error }
                    // What is left of an earlier unit that failed.
                    try? systemd.resetFailedUnit(unit.name, until: deadline)
                    try systemd.startTransientUnit(unit.name, properties, until: deadline)
                }
            }
        }
    }

    /// Changes the unit's properties. Fields that are left out stay as they are.
    public static func update(_ unit: SystemdUnit, resources: LinuxResources, unified: Bool) throws(CgroupError) {
        try update(unit, resources: resources, unified: unified, addresses: addresses(unit.belongsToUser))
    }

    static func update(
        _ unit: SystemdUnit, resources: LinuxResources, unified: Bool, addresses: [BusAddress]
    ) throws(CgroupError) {
        let limits = try UnitPlan.limits(resources, unified: unified, isNew: false)
        if limits.isEmpty { return }
        try ask("changing \(unit.name)", addresses) { systemd, deadline throws(BusError) in
            try UnitPlan.leavingOutUnknown(limits) { limits throws(BusError) in
                if !limits.isEmpty { try systemd.setUnitProperties(unit.name, limits, until: deadline) }
            }
        }
    }

    /// Puts a process into the unit that comes from where this process may take none away: a user's from outside of the groups
    /// that his systemd rules, which asks the machine's to do it.
    ///
    /// - Parameter group: below the unit's, with a slash in front; empty for the unit's own.
    static func attach(_ unit: SystemdUnit, process: Int32, group: String) throws(CgroupError) {
        try attach(unit, process: process, group: group, addresses: addresses(unit.belongsToUser))
    }

    static func attach(
        _ unit: SystemdUnit, process: Int32, group: String, addresses: [BusAddress]
    ) throws(CgroupError) {
        guard let number = UInt32(exactly: process), number > 0 else {
            throw CgroupError("the process \(process) can't be put into the unit \(unit.name)")
        }
        try ask("putting a process into \(unit.name)", addresses) { systemd, deadline throws(BusError) in
            try systemd.attachProcess(number, to: unit.name, group: group, until: deadline)
        }
    }

    /// Stops the unit. One that is gone already is no error.
    public static func stop(_ unit: SystemdUnit) throws(CgroupError) {
        try stop(unit, addresses: addresses(unit.belongsToUser))
    }

    static func stop(_ unit: SystemdUnit, addresses: [BusAddress]) throws(CgroupError) {
        try ask("stopping \(unit.name)", addresses) { systemd, deadline throws(BusError) in
            do throws(BusError) {
                try systemd.stopUnit(unit.name, until: deadline)
            } catch { if !error.isAnswer("org.freedesktop.systemd1.NoSuchUnit") { throw error } }
            // A unit that failed stays known until somebody says that it was seen.
            try? systemd.resetFailedUnit(unit.name, until: deadline)
        }
    }

    private static func addresses(_ isUser: Bool) -> [BusAddress] {
        isUser
            ? BusAddress.user { Environment.value($0) } : BusAddress.system { Environment.value($0) }
    }

    private static func ask<Answer>(
        _ what: String, _ addresses: [BusAddress],
        _ body: (inout SystemdManager, Deadline) throws(BusError) -> Answer
    ) throws(CgroupError) -> Answer {
        do throws(BusError) {
            var systemd = try SystemdManager.open(addresses, connecting)
            return try body(&systemd, Deadline(milliseconds: patience))
        } catch {
            let advice =
                switch error {
                case .unreachable, .failed:
                    "; is systemd running, and its bus reachable? Without systemd, leave --systemd-cgroup out"
                default: ""
                }
            throw CgroupError("systemd, \(what): \(error)\(advice)")
        }
    }
}
