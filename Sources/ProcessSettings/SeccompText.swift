import CSeccomp
import OCISpec

/// All that a compiled filter depends on, in one text: the rules, and what compiles them.
struct SeccompText {
    private(set) var bytes: [UInt8] = []

    /// Changes whenever the compiler here makes something else of the same rules.
    private static let compiler = 1

    init(_ seccomp: LinuxSeccomp) {
        bytes.reserveCapacity(16 << 10)
        append(number: UInt64(Self.compiler))
        append(number: UInt64(seccomp_arch_native()))
        if let version = seccomp_version() {
            append(number: UInt64(version.pointee.major))
            append(number: UInt64(version.pointee.minor))
            append(number: UInt64(version.pointee.micro))
        }
        append(number: UInt64(seccomp.defaultAction.value(seccomp.defaultErrno)))
        append(number: UInt64(seccomp.architectures.count))
        for architecture in seccomp.architectures { append(architecture.rawValue) }
        append(number: UInt64(seccomp.syscalls.count))
        for rule in seccomp.syscalls {
            append(number: UInt64(rule.action.value(rule.errno)))
            append(number: UInt64(rule.args.count))
            for argument in rule.args {
                append(number: UInt64(argument.index))
                append(number: argument.value)
                append(number: argument.valueTwo)
                append(number: UInt64(argument.op.value.rawValue))
            }
            append(number: UInt64(rule.names.count))
            for name in rule.names { append(name) }
        }
    }

    /// A count before each list and a length before each text: no two filters have one text.
    private mutating func append(_ text: String) {
        append(number: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func append(number: UInt64) {
        // Most are small.
        if number < 255 { return bytes.append(UInt8(number)) }
        bytes.append(255)
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
