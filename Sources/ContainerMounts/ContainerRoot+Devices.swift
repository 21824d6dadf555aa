import FieldErrors
import SystemCalls

extension ContainerRoot {
    /// Makes the devices and links of /dev; nothing for a guest, and nothing when /dev is a bind.
    ///
    /// - Parameter sources: what the process outside of the user namespace made before the fork.
    public func makeDevices(sources: borrowing MountSources) throws(FieldError) {
        guard plan.fillsDeviceDirectory else { return }
        let directory = try asking("default device /dev") { () throws(SystemCallError) in
            try paths.openOrMakeWithoutLinks("/dev")
        }
        // The configuration's come first: it may give a default one another mode or owner.
        for (index, device) in plan.devices.enumerated() where device.path != "/dev/ptmx" {
            try make(device, sources.devices[index], devices: directory.rawValue)
        }
        for device in PlannedDevice.defaults where !plan.devices.contains(where: { $0.path == device.path }) {
            try make(device, nil, devices: directory.rawValue)
        }
        try makeLinks(in: directory.rawValue)
    }

    /// - Parameter outside: the node made outside, for where it can't be made.
    private func make(_ device: PlannedDevice, _ outside: Int32?, devices: Int32) throws(FieldError) {
        let parts = device.path.pathParts
        if parts.count == 2, parts[0] == "dev" { return try make(device, outside, parts[1], in: devices) }
        let directory = try asking(device.field, device.path) { () throws(SystemCallError) in
            try paths.openOrMakeWithoutLinks("/" + parts.dropLast().joined(separator: "/"))
        }
        try make(device, outside, parts.last ?? "", in: directory.rawValue)
    }

    private func make(
        _ device: PlannedDevice, _ outside: Int32?, _ name: String, in directory: Int32
    ) throws(FieldError) {
        do throws(SystemCallError) {
            try DeviceNodes.make(device.kind, name, in: directory, permissions: device.permissions)
            guard device.user != 0 || device.group != 0 else { return }
            // Another may have exchanged what was just made: only the node itself is given away.
            let node = try Files.open(name, in: directory, flags: [.path, .noFollow])
            guard try MountedFile.of(node.rawValue).kind == device.kind else {
                throw SystemCallError("mknodat", device.path, .exists)
            }
            try DeviceNodes.setOwner(of: node.rawValue, user: device.user, group: device.group)
        } catch {
            switch error.errno {
            case .exists: try useExisting(device, outside, name, in: directory)
            // In a user namespace nobody makes device nodes.
            case .notPermitted: try bind(device, outside, name, in: directory)
            default: throw FieldError(device.field, device.path, cause: error)
            }
        }
    }

    /// The image has something by this name: the device itself is taken, a plain file is covered, anything else is refused.
    private func useExisting(
        _ device: PlannedDevice, _ outside: Int32?, _ name: String, in directory: Int32
    ) throws(FieldError) {
        let existing = try asking(device.field, device.path) { () throws(SystemCallError) in
            let node = try Files.open(name, in: directory, flags: [.path, .noFollow])
            return try MountedFile.of(node.rawValue).kind
        }
        if existing == device.kind { return }
        guard existing == .regular else {
            throw FieldError(
                device.field,
                "the root has something else at \(device.path); remove it from the image, or mount a tmpfs on /dev")
        }
        try bind(device, outside, name, in: directory)
    }

    private func bind(
        _ device: PlannedDevice, _ outside: Int32?, _ name: String, in directory: Int32
    ) throws(FieldError) {
        if let outside {
            return try asking(device.field, device.path) { () throws(SystemCallError) in
                try Self.cover(name, in: directory, with: outside)
            }
        }
        try asking(device.field, "\(device.path) of the host") { () throws(SystemCallError) in
            let tree = try Mounts.copyTree(device.path, recursive: false, followLinks: false)
            guard try MountedFile.of(tree.rawValue).kind == device.kind else {
                throw SystemCallError("open_tree", device.path, .noSuchDevice)
            }
            // As crun has it; the host's own flags stay.
            try Mounts.change(tree.rawValue, set: [.noSetUserID, .noExecution])
            try Self.cover(name, in: directory, with: tree.rawValue)
        }
    }

    private func makeLinks(in directory: Int32) throws(FieldError) {
        for (name, target) in Self.links {
            do throws(SystemCallError) {
                try DeviceNodes.makeLink(to: target, at: name, in: directory)
            } catch {
                // What the image has by this name is its own choice; nothing is written through it.
                guard error.errno == .exists else { throw FieldError("/dev/\(name)", "", cause: error) }
            }
        }
        try asking("/dev/ptmx") { () throws(SystemCallError) in
            do throws(SystemCallError) {
                try DeviceNodes.makeLink(to: "pts/ptmx", at: "ptmx", in: directory)
            } catch {
                // A node of the host's would open terminals of the host.
                guard error.errno == .exists else { throw error }
                try Files.unlink("ptmx", in: directory)
                try DeviceNodes.makeLink(to: "pts/ptmx", at: "ptmx", in: directory)
            }
        }
    }

    private static let links = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ]
}
