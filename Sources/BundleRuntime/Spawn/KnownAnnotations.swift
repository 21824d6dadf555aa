import OCISpec

/// Annotations that crun introduced, of what `process` and `linux` have no field for.
extension RuntimeConfiguration {
    static let originalGroups = "run.oci.keep_original_groups"

    /// Supplementary groups stay those of whoever starts the container.
    var keepsOriginalGroups: Bool { annotations[Self.originalGroups] == "1" }

    /// `run.oci.seccomp_fail_unknown_syscall`: a name of `linux.seccomp` that stands for no system call is an error.
    var refusesUnknownCalls: Bool { annotations["run.oci.seccomp_fail_unknown_syscall"].map { $0 != "0" } ?? false }
}
