import FieldErrors
import SystemCalls

/// How a file system takes `linux.mountLabel`, as runc and crun give it.
enum MountLabel {
    /// The parameter `context` says it for every file in it, once and for all.
    case parameter
    /// The file system is another's too (a namespace's, the kernel's): its root alone is labelled.
    case attribute
    /// One file system for the whole machine: the policy says what its files are, and another word for it is EBUSY.
    case none

    init(type: String) {
        self =
            switch type {
            case "proc", "sysfs", "cgroup", "cgroup2": .none
            case "mqueue": .attribute
            default: .parameter
            }
    }

    /// Labels the root of a file system that is mounted nowhere yet.
    static func set(_ label: String, root tree: Int32) throws(SystemCallError) {
        let directory = try Files.open(".", in: tree, flags: [.readOnly, .directory])
        // With the zero byte, as it is read back.
        let text = label.utf8CString
        do throws(Errno) {
            try text.withUnsafeBufferPointer { (bytes) throws(Errno) in
                try OwnershipCalls.setAttribute(
                    of: directory.rawValue, "security.selinux", to: UnsafeRawBufferPointer(bytes))
            }
        } catch { throw SystemCallError("fsetxattr", "security.selinux", error) }
    }
}
