import FieldErrors
import OCISpec
import SystemCalls

/// `linux.sysctl`: parameters of the container's own namespaces.
public struct KernelParameters: Equatable, Sendable {
    struct Parameter: Equatable, Sendable {
        /// As config.json has it.
        var key: String
        /// Below /proc/sys.
        var path: String
        var value: String
    }

    let parameters: [Parameter]

    /// Bytes of a key and of a value.
    public static let lengthLimit = 4096

    /// Errors: a key that isn't one; one that no namespace has; one of a namespace that the container doesn't have of its own.
    public init(_ configuration: RuntimeConfiguration) throws(FieldError) {
        let linux = configuration.linux
        var found: [Parameter] = []
        for (key, value) in linux.sysctl {
            let field = "linux.sysctl[\"\(key.shortened)\"]"
            guard let path = Self.path(of: key) else {
                throw FieldError(field, "expected a name like net.ipv4.ip_forward or net/ipv4/ip_forward")
            }
            guard value.utf8.count <= Self.lengthLimit, !value.utf8.contains(0) else {
                throw FieldError(field, "the value has a NUL or more than \(Self.lengthLimit) bytes")
            }
            try Self.check(path, value, configuration, field)
            found.append(Parameter(key: key, path: path, value: value))
        }
        // The same file always gives the same order; a dictionary doesn't.
        parameters = found.sorted { $0.key < $1.key }
    }

    /// The path of a key: in `a.b/c` the dots separate, in `a/b.c` the slashes do, as sysctl(8) has it: the first of the two
    /// decides, and the other one stands for it inside a name.
    ///
    /// nil for a key with an empty part, `.` or `..`.
    static func path(of key: String) -> String? {
        guard key.utf8.count <= lengthLimit, !key.utf8.contains(0),
            let first = key.utf8.first(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") })
        else { return nil }
        var bytes = Array(key.utf8)
        if first == UInt8(ascii: ".") {
            for index in bytes.indices {
                if bytes[index] == UInt8(ascii: ".") {
                    bytes[index] = UInt8(ascii: "/")
                } else if bytes[index] == UInt8(ascii: "/") {
                    bytes[index] = UInt8(ascii: ".")
                }
            }
        }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for part in parts where part.isEmpty || part.allSatisfy({ $0 == UInt8(ascii: ".") }) { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// ipc(7): what else of `kernel` belongs to an IPC namespace.
    private static let ofIPC = [
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
        "kernel/shmmni", "kernel/shm_rmid_forced", "kernel/msg_next_id", "kernel/sem_next_id", "kernel/shm_next_id",
        "kernel/auto_msgmni",
    ]

    private static func check(
        _ path: String, _ value: String, _ configuration: RuntimeConfiguration, _ field: String
    ) throws(FieldError) {
        func demand(_ kind: LinuxNamespace.Kind) throws(FieldError) {
            guard let namespace = configuration.linux.namespace(kind) else {
                throw FieldError(field, "needs a namespace of type \(kind.rawValue) in linux.namespaces")
            }
            guard let path = namespace.path, isOurs(path, kind) else { return }
            throw FieldError(field, "\(path) is the runtime's own namespace: it would change the host")
        }
        if path.hasPrefix("net/") { return try demand(.network) }
        if path.hasPrefix("fs/mqueue/") || ofIPC.contains(path) { return try demand(.ipc) }
        // The limits of a user namespace; in the first one they are the host's.
        if path.hasPrefix("user/") { return try demand(.user) }
        switch path {
        case "kernel/domainname":
            if let domainname = configuration.domainname, !domainname.isEmpty, domainname != value {
                throw FieldError(field, "contradicts domainname")
            }
            try demand(.uts)
        case "kernel/hostname": throw FieldError(field, "is set by the field hostname")
        default: throw FieldError(field, "belongs to no namespace: it would change the host")
        }
    }

    /// Whether the file of a namespace to join is that of the runtime itself.
    private static func isOurs(_ path: String, _ kind: LinuxNamespace.Kind) -> Bool {
        let name = kind == .network ? "net" : kind.rawValue
        guard let theirs = try? FileStatus.of(path, followLinks: true),
            let ours = try? FileStatus.of("/proc/self/ns/\(name)", followLinks: true)
        else { return false }
        return theirs.device == ours.device && theirs.inode == ours.inode
    }

    public var isEmpty: Bool { parameters.isEmpty }

    /// Writes them, from inside of the namespaces.
    public func apply(_ files: borrowing ProcessFileSystem) throws(FieldError) {
        for parameter in parameters {
            do throws(SystemCallError) {
                try files.write(parameter.value, to: "sys/\(parameter.path)")
            } catch {
                throw FieldError("linux.sysctl[\"\(parameter.key.shortened)\"]", "", cause: error)
            }
        }
    }
}
