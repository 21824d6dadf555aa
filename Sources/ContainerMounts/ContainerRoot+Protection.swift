import FieldErrors
import SystemCalls

extension ContainerRoot {
    /// Masks what the configuration hides, makes read-only what it protects, and last the root. After `enter`.
    public static func protect(_ plan: MountPlan) throws(FieldError) {
        guard !plan.maskedPaths.isEmpty || !plan.readonlyPaths.isEmpty || plan.rootIsReadOnly else { return }
        let root = try asking("root.path") { () throws(SystemCallError) in
            try Files.open("/", flags: [.path, .directory])
        }
        let paths = ContainerPaths(root: root.rawValue)
        for (index, path) in plan.readonlyPaths.enumerated() {
            try asking("linux.readonlyPaths[\(index)]", path) { () throws(SystemCallError) in
                try makeReadOnly(path, paths)
            }
        }
        var masks = Masks(paths: paths, label: plan.label)
        for (index, path) in plan.maskedPaths.enumerated() {
            try asking("linux.maskedPaths[\(index)]", path) { () throws(SystemCallError) in try masks.mask(path) }
        }
        if plan.rootIsReadOnly {
            // The last chance to make it. Why it can't be made is said when it is needed.
            if let directory = plan.workingDirectory { _ = try? paths.openOrMake(directory, .directory) }
            try asking("root.readonly") { () throws(SystemCallError) in
                try Mounts.change(root.rawValue, set: .readOnly)
            }
        }
    }

    /// With everything that is mounted below it. A path that isn't there needs no protection.
    private static func makeReadOnly(_ path: String, _ paths: ContainerPaths) throws(SystemCallError) {
        guard let target = try existing(path, paths) else { return }
        let tree = try Mounts.copyTree(in: target.rawValue, recursive: true)
        try Mounts.change(tree.rawValue, set: .readOnly, recursive: true)
        try paths.cover(path, target.rawValue, with: tree.rawValue)
    }

    static func existing(_ path: String, _ paths: ContainerPaths) throws(SystemCallError) -> OwnedDescriptor? {
        do throws(SystemCallError) {
            return try paths.open(path)
        } catch {
            if error.errno == .noSuchFile || error.errno == .notDirectory { return nil }
            throw error
        }
    }

    /// Goes to a directory of the container, made with its parents when missing. After `enter`.
    ///
    /// The path is walked inside of the root without the links of /proc, and the kernel says in the end whether the working
    /// directory lies in the root: an inherited descriptor leads nowhere.
    ///
    /// - Parameter makes: whether one that is missing is made.
    public static func changeWorkingDirectory(to path: String, makes: Bool = true) throws(FieldError) {
        try asking("process.cwd", makes ? path : "chdir \(path)") { () throws(SystemCallError) in
            let root = try Files.open("/", flags: [.path, .directory])
            let paths = ContainerPaths(root: root.rawValue)
            let directory = makes ? try paths.openOrMake(path, .directory) : try paths.open(path, flags: .directory)
            try Confinement.changeDirectory(to: directory.rawValue)
            guard try WorkingDirectory.isInsideRoot() else { throw SystemCallError("getcwd", path, .crossDevice) }
        }
    }

    /// Takes the container's /dev/null for every standard stream that is the host's. After `enter`, for a native workload.
    public static func reopenNullStreams() throws(FieldError) {
        let streams: [Int32] = [0, 1, 2].filter { (try? MountedFile.of($0))?.kind == Masks.nullDevice }
        if streams.isEmpty { return }
        try asking("/dev/null") { () throws(SystemCallError) in
            let root = try Files.open("/", flags: [.path, .directory])
            let null = try Masks.openNull(in: root.rawValue, flags: .readWrite)
            for stream in streams { try Descriptors.place(null.rawValue, at: stream) }
        }
    }
}
