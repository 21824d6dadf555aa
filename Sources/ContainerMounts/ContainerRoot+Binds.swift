import FieldErrors
import SystemCalls

extension ContainerRoot {
    /// - Parameters:
    ///   - inherited: the source as the process outside of the user namespace opened it.
    ///   - mapping: the user namespace through which the ids of a source in the container's own tree go.
    mutating func bind(
        _ mount: PlannedMount, source: String, recursive: Bool, inherited: Int32?, mapping: Int32?
    ) throws(FieldError) {
        if mount.options.copiesSymbolicLink, try copyLink(mount, source: source) { return }
        let tree = try asking("\(mount.field).source") { () throws(SystemCallError) in
            if let inherited { return try Descriptors.duplicate(inherited) }
            if let place = plan.placeInTree(ofSource: mount) {
                let found = try paths.open(place, followLinks: mount.options.followsSource)
                return try Mounts.copyTree(in: found.rawValue, recursive: recursive)
            }
            return try Mounts.copyTree(source, recursive: recursive, followLinks: mount.options.followsSource)
        }
        let file = try asking("\(mount.field).source", source) { () throws(SystemCallError) in
            try MountedFile.of(tree.rawValue)
        }
        if let mapping { try MountSources.map(tree.rawValue, mapping, mount) }
        try setAttributes(tree.rawValue, mount)
        try finish(tree.rawValue, mount)
        let target = try bindTarget(mount, source: file, tree: tree.rawValue)
        try place(tree.rawValue, at: target, mount)
        if isReadOnlyLate(mount) { makeReadOnlyLater(tree, mount) }
    }

    private func bindTarget(
        _ mount: PlannedMount, source: MountedFile, tree: Int32
    ) throws(FieldError) -> OwnedDescriptor {
        let isDirectory = source.kind == .directory
        let target = try asking("\(mount.field).destination", mount.path) { () throws(SystemCallError) in
            try paths.openOrMake(
                mount.path, isDirectory ? .directory : .file, followLinks: mount.options.followsDestination)
        }
        try refuseKernelTarget(mount, target.rawValue, tree: tree)
        return target
    }

    /// The attributes that the options name are set, and the others cleared, as runc has it; without any the source's stay. In
    /// a user namespace some of them are locked: those stay too, unless the options want them gone.
    private func setAttributes(_ tree: Int32, _ mount: PlannedMount) throws(FieldError) {
        let own = mount.options.own
        var set = own.set
        if isReadOnlyLate(mount) { set.remove(.readOnly) }
        if plan.workload == .wasm { set.formUnion([.noDevices, .noSetUserID]) }
        guard !own.isEmpty || !set.isEmpty else { return }
        let others: Mounts.Attributes = [.readOnly, .noSetUserID, .noDevices, .noExecution, .noSymbolicLinks]
        do throws(SystemCallError) {
            // The copy was made outside and nothing of it is locked: what the container couldn't clear itself stays all the same.
            let implied = plan.hasUserNamespace ? .noSymbolicLinks : others
            try Mounts.change(
                tree, set: set, clear: own.isEmpty ? [] : own.clear.union(implied.subtracting(set)))
        } catch {
            guard error.errno == .notPermitted else { throw FieldError("\(mount.field).options", "", cause: error) }
            try asking("\(mount.field).options", "the source's flags are locked in this user namespace") {
                () throws(SystemCallError) in try Mounts.change(tree, set: set, clear: own.clear)
            }
        }
    }

    /// The option `copy-symlink`: a source that is a link becomes the same link in the container.
    private func copyLink(_ mount: PlannedMount, source: String) throws(FieldError) -> Bool {
        let link: String
        do throws(SystemCallError) {
            link = try Files.target(ofLink: source)
        } catch {
            if error.errno == .invalid { return false }
            throw FieldError("\(mount.field).source", "", cause: error)
        }
        try asking("\(mount.field).destination", mount.path) { () throws(SystemCallError) in
            let place = try paths.makeParents(of: mount.path, followLast: false)
            do throws(SystemCallError) {
                try DeviceNodes.makeLink(to: link, at: place.name, in: place.directory.rawValue)
            } catch {
                guard error.errno == .exists,
                    (try? Files.target(ofLink: place.name, in: place.directory.rawValue)) == link
                else { throw error }
            }
        }
        return true
    }

    /// Over /proc there is nothing but a proc file system, and in it nothing but files that lxcfs emulates: programs, this one
    /// too, trust what they read and write there.
    func refuseKernelTarget(_ mount: PlannedMount, _ target: Int32, tree: Int32) throws(FieldError) {
        if mount.destination == "/proc" {
            let type = try asking("\(mount.field).source") { () throws(SystemCallError) in
                try FilesystemType.of(tree)
            }
            guard type == .proc else {
                throw FieldError("\(mount.field).destination", "/proc can only be a proc file system")
            }
            return
        }
        let type = try asking("\(mount.field).destination") { () throws(SystemCallError) in
            try FilesystemType.of(target)
        }
        guard type == .proc, !Self.emulatedFiles.contains(mount.destination) else { return }
        throw FieldError(
            "\(mount.field).destination", "\(printable(mount.path)) leads into /proc, where nothing is mounted")
    }

    static let emulatedFiles: Set<String> = [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
        "/proc/loadavg",
        "/proc/slabinfo", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
    ]
}
