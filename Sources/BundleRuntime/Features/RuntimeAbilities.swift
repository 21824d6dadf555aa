import Cgroups
import ContainerMounts
import OCISpec
import ProcessSettings

/// What this build of the runtime can do, whatever the machine: the answer of `features`.
public enum RuntimeAbilities {
    public static var features: RuntimeFeatures {
        var features = RuntimeFeatures()
        features.mountOptions = KnownOptions.names
        features.capabilities = CapabilitySet.names
        features.cgroup = .init(v1: true, v2: true, systemd: true, systemdUser: true, rdma: true)
        features.seccomp = .init(supportedFlags: LinuxSeccomp.Flag.allCases.map(\.rawValue).sorted())
        features.apparmor = true
        features.selinux = true
        features.netDevices = true
        features.intelRdt = true
        features.memoryPolicy = .init()
        features.idmappedMounts = true
        features.annotations = [
            "run.oci.crun.wasm": "true", "dev.martlet.wasm": "core modules with WASI preview 1",
        ]
        features.potentiallyUnsafeConfigAnnotations = unsafeAnnotations
        return features
    }

    /// Annotations that change what a container is, or what the runtime does; one that ends with a dot is a prefix.
    private static let unsafeAnnotations = [
        "dev.martlet.", "io.kubernetes.cri-o.ContainerType", "io.kubernetes.cri.container-type",
        "module.wasm.image/variant", "org.systemd.property.", "run.oci.handler", "run.oci.keep_original_groups",
        "run.oci.seccomp_fail_unknown_syscall",
    ]

    /// Whether this machine has cgroup v2 and nothing else.
    public static var hasOnlyUnifiedCgroups: Bool {
        (try? CgroupHierarchy.current(withRoots: false))?.isUnified == true
    }
}
