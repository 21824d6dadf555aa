import OCISpec
import SystemCalls

/// `linux.netDevices`: devices of the host that become the container's. config-linux.md, "Network Devices".
///
/// Done by the runtime, which is in the host's network namespace. Nothing is taken back at the end: the kernel returns
/// physical devices, and removes others, when the namespace ends.
struct NetworkDeviceMoves {
    let devices: [LinuxNetDevice]

    /// Moves all of them to the namespace of a process, with their lasting addresses, and raises them there.
    ///
    /// Errors: a device that isn't there, a name that another has in the container, what the kernel refuses; by the field.
    func move(toProcess process: Int32) throws(RuntimeFailure) {
        var failed = ""
        do throws(SystemCallError) {
            let namespace = try Files.open("/proc/\(process)/ns/net", flags: .readOnly)
            var host = try NetworkDevices()
            var inside = try Self.devices(in: namespace.rawValue)
            for device in devices {
                failed = "." + device.hostName.printable()
                try Self.move(device, &host, to: namespace.rawValue, &inside)
            }
        } catch { throw RuntimeFailure(.refused, "linux.netDevices\(failed): \(error)") }
    }

    private static func move(
        _ asked: LinuxNetDevice, _ host: inout NetworkDevices, to namespace: Int32, _ inside: inout NetworkDevices
    ) throws(SystemCallError) {
        let name = asked.name
        guard let device = try host.device(named: asked.hostName) else {
            throw SystemCallError("netlink", asked.hostName, .noDevice)
        }
        let before = try inside.all()
        // The kernel would notice when the device has been moved already.
        guard !before.contains(where: { $0.name == name }) else {
            throw SystemCallError("netlink", "\(name) in the container", .exists)
        }
        // Asked first: a device that goes down forgets those of version 6.
        let addresses = try host.lastingAddresses(of: device)
        try host.set(device, isUp: false)
        do throws(SystemCallError) { try host.move(device, to: namespace, as: name) } catch {
            if device.isUp { try? host.set(device, isUp: true) }
            throw error
        }
        // Its number may be another there, and so may its name, when the kernel chose a part of it.
        guard let moved = try inside.all().first(where: { !before.contains($0) }) else {
            throw SystemCallError("netlink", name, .noDevice)
        }
        for address in addresses { try inside.add(address, to: moved) }
        try inside.set(moved, isUp: true)
    }

    /// A socket belongs for good to the namespace in which it was made. When this fails half way the process is not where it
    /// was: it can only take back what it made.
    private static func devices(in namespace: Int32) throws(SystemCallError) -> NetworkDevices {
        let own = try Files.open("/proc/self/ns/net", flags: .readOnly)
        try Namespaces.join(namespace, .network)
        let inside = try NetworkDevices()
        try Namespaces.join(own.rawValue, .network)
        return inside
    }
}
