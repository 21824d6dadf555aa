import CSeccomp
import FieldErrors
import OCISpec

extension LinuxSeccomp {
    /// Errors: the first name that libseccomp knows for no architecture at all.
    func refuseUnknownCalls() throws(FieldError) {
        for (index, rule) in syscalls.enumerated() {
            for (position, name) in rule.names.enumerated() where seccomp_syscall_resolve_name(name) == -1 {
                throw FieldError(
                    "linux.seccomp.syscalls[\(index)].names[\(position)]",
                    "libseccomp knows no system call \"\(name)\"")
            }
        }
    }
}
