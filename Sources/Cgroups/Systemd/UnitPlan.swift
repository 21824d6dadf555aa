import OCISpec

/// Which properties a container's unit gets.
enum UnitPlan {
    /// What makes it a container's unit: systemd has to take these.
    static func fixed(_ unit: SystemdUnit, process: UInt32, unified: Bool) -> [UnitProperty] {
        let isSlice = unit.name.hasSuffix(".slice")
        var properties = [UnitProperty("Description", .string("martlet container \(unit.name)"))]
        if isSlice {
            properties.append(UnitProperty("Wants", .array(of: "s", [.string(unit.slice)])))
        } else {
            properties.append(UnitProperty("Slice", .string(unit.slice)))
            properties.append(UnitProperty("Delegate", .boolean(true)))
            properties.append(UnitProperty("PIDs", .array(of: "u", [.uint32(process)])))
        }
        // Counting from the beginning: what a container used before somebody asked is part of the answer.
        for name in [
            "MemoryAccounting", "CPUAccounting", unified ? "IOAccounting" : "BlockIOAccounting", "TasksAccounting",
        ] {
            properties.append(UnitProperty(name, .boolean(true)))
        }
        // Otherwise it would be stopped before the services that may still want to end it in order.
        properties.append(UnitProperty("DefaultDependencies", .boolean(false)))
        return properties
    }

    /// What the container may use. An older systemd need not know all of it: the files are written afterwards anyway.
    static func limits(
        _ resources: LinuxResources, unified: Bool, isNew: Bool
    ) throws(CgroupError) -> [UnitProperty] {
        var properties = try UnitProperties.resources(resources, unified: unified)
        if !unified, isNew || !resources.devices.isEmpty { properties += try UnitProperties.devices(resources.devices) }
        // It can't be changed later.
        if isNew, unified, let group = resources.unified["memory.oom.group"] {
            properties.append(UnitProperty("OOMPolicy", .string(group == "1" ? "kill" : "continue")))
        }
        return properties
    }

    /// Asks again without a property as long as systemd answers that it doesn't know one.
    static func leavingOutUnknown(
        _ properties: [UnitProperty], _ ask: ([UnitProperty]) throws(BusError) -> Void
    ) throws(BusError) {
        var rest = properties
        while true {
            do throws(BusError) { return try ask(rest) } catch {
                guard let unknown = unknownProperty(error) else { throw error }
                let fewer = rest.filter { $0.name != unknown }
                guard fewer.count < rest.count else { throw error }
                rest = fewer
            }
        }
    }

    /// systemd's words (src/core/dbus-unit.c): `Cannot set property NAME, or unknown property.`
    private static func unknownProperty(_ error: BusError) -> String? {
        guard case .answered(name: "org.freedesktop.DBus.Error.PropertyReadOnly", let text) = error,
            text.hasPrefix("Cannot set property ")
        else { return nil }
        return String(text.dropFirst("Cannot set property ".count).prefix { $0 != "," })
    }
}
