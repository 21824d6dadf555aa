import CSeccomp
import FieldErrors
import OCISpec
import SystemCalls

/// Makes `linux.seccomp` into the kernel's classic BPF by libseccomp.
struct FilterCompiler: ~Copyable {
    private let filter: scmp_filter_ctx
    private let seccomp: LinuxSeccomp
    /// The tokens of the architectures that the filter is for.
    private var architectures: [UInt32] = []

    /// Rules from which on the library sorts them into a tree. With none at all, 2.5 makes a wrong one.
    private static let treeThreshold = 32
    /// seccomp(2) calls have six arguments.
    private static let argumentCount = 6

    init(_ seccomp: LinuxSeccomp) throws(FieldError) {
        guard let filter = seccomp_init(seccomp.defaultAction.value(seccomp.defaultErrno)) else {
            throw FieldError("linux.seccomp.defaultAction", "libseccomp doesn't take \(seccomp.defaultAction.rawValue)")
        }
        self.filter = filter
        self.seccomp = seccomp
    }

    deinit { seccomp_release(filter) }

    /// The instructions, as `struct sock_filter` has them.
    mutating func compile() throws(FieldError) -> [UInt8] {
        try addArchitectures()
        let names = seccomp.syscalls.reduce(0) { $0 + $1.names.count }
        // An older library doesn't know the attribute; the filter is the same, only slower.
        if names > Self.treeThreshold { _ = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) }
        for index in seccomp.syscalls.indices { try add(seccomp.syscalls[index], "linux.seccomp.syscalls[\(index)]") }
        let program = newerCalls() + (try export())
        let count = program.count / SecureComputing.instructionSize
        guard count <= SecureComputing.instructionLimit else {
            throw FieldError(
                "linux.seccomp", "makes \(count) instructions, the kernel takes \(SecureComputing.instructionLimit)")
        }
        return program
    }

    private mutating func addArchitectures() throws(FieldError) {
        let native = seccomp_arch_native()
        architectures = [native]
        for (index, architecture) in seccomp.architectures.enumerated() {
            let field = "linux.seccomp.architectures[\(index)]"
            let token = seccomp_arch_resolve_name(architecture.libraryName)
            guard token != 0 else { throw FieldError(field, "libseccomp doesn't know \(architecture.rawValue)") }
            let status = seccomp_arch_add(filter, token)
            guard status == 0 || status == -Errno.exists.rawValue else {
                throw FieldError(field, "\(architecture.rawValue) can't be beside the machine's own\(reason(status))")
            }
            if !architectures.contains(token) { architectures.append(token) }
        }
    }

    private func add(_ rule: LinuxSeccomp.Rule, _ field: String) throws(FieldError) {
        let action = rule.action.value(rule.errno)
        // The library refuses a rule that does what happens without it.
        if action == seccomp.defaultAction.value(seccomp.defaultErrno) { return }
        let comparisons = try rule.args.enumerated().map { (index, argument) throws(FieldError) in
            guard argument.index < Self.argumentCount else {
                throw FieldError("\(field).args[\(index)].index", "\(argument.index) is beyond the last argument, 5")
            }
            return scmp_arg_cmp(
                arg: argument.index, op: argument.op.value, datum_a: argument.value, datum_b: argument.valueTwo)
        }
        // Several comparisons of one argument are alternatives, each a rule of its own, as runc and crun have it: the
        // library takes one comparison of an argument in a rule.
        let repeats = Set(rule.args.map(\.index)).count < rule.args.count
        for (index, name) in rule.names.enumerated() {
            let number = seccomp_syscall_resolve_name(name)
            // Unknown to the library: a profile for newer kernels. It has the default action.
            if number == -1 { continue }
            if !repeats {
                try add(action, number, comparisons, field, index)
            } else {
                for comparison in comparisons { try add(action, number, [comparison], field, index) }
            }
        }
    }

    private func add(
        _ action: UInt32, _ number: Int32, _ comparisons: [scmp_arg_cmp], _ field: String, _ name: Int
    ) throws(FieldError) {
        let status = comparisons.withUnsafeBufferPointer {
            seccomp_rule_add_array(filter, action, number, UInt32($0.count), $0.baseAddress)
        }
        guard status == 0 else {
            throw FieldError("\(field).names[\(name)]", "libseccomp refuses the rule\(reason(status))")
        }
    }

    private func reason(_ status: Int32) -> String { ": \(Errno(rawValue: -status))" }

    private func export() throws(FieldError) -> [UInt8] {
        try asking("linux.seccomp", "writing the filter down") { () throws(SystemCallError) in
            let file = try ProcessAttributes.memoryFile("martlet-seccomp")
            let status = seccomp_export_bpf(filter, file.rawValue)
            guard status == 0 else { throw SystemCallError("seccomp_export_bpf", nil, Errno(rawValue: -status)) }
            let size = try FileStatus.of(file.rawValue).size
            return try Files.prefix(file.rawValue, count: Int(clamping: size))
        }
    }

    /// The instructions before the filter that answer ENOSYS for calls newer than all that the profile names.
    ///
    /// A C library asks for a new call first and takes an old one when it's told that there is none; told EPERM, it gives
    /// up. What is newer than the profile wasn't forbidden by it, so it is treated as the older kernel would have. runc does
    /// this too.
    private func newerCalls() -> [UInt8] {
        let isUnknownAnyway = seccomp.defaultAction == .errno && seccomp.defaultErrno == NewerCalls.unknown
        if seccomp.defaultAction.isPermissive || isUnknownAnyway { return [] }
        return NewerCalls(
            newest: architectures.map { token in
                var newest: Int32 = -1
                for rule in seccomp.syscalls {
                    for name in rule.names { newest = max(newest, seccomp_syscall_resolve_name_arch(token, name)) }
                }
                return (token, newest)
            }
        ).bytes
    }
}
