/// What of a configuration's mounts a guest gets to see.
public enum WasmView {
    /// File systems that are windows into the kernel.
    static let kernelTypes: [String] = [
        "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2", "devtmpfs", "debugfs", "tracefs", "securityfs", "bpf",
        "configfs", "pstore", "efivarfs", "binfmt_misc", "fusectl", "selinuxfs", "nsfs", "rpc_pipefs",
    ]

    /// The directories in which a native program expects the kernel's interfaces.
    static let kernelDirectories = ["/dev", "/proc", "/sys"]

    /// Pure. Whether a mount is made for a wasm workload: kernel interfaces, and what stands at or below the places where
    /// they belong, are not.
    public static func shows(_ mount: PlannedMount) -> Bool {
        switch mount.action {
        case .cgroup: return false
        case .fileSystem(let type, _) where kernelTypes.contains(type): return false
        case .fileSystem, .bind: break
        }
        return !isKernelPath(mount.destination)
    }

    static func isKernelPath(_ path: String) -> Bool {
        kernelDirectories.contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}
