import OCISpec
import SystemCalls

/// The rules as a program of extended BPF, for control groups of version 2.
///
/// The kernel runs it at each open and mknod with a `struct bpf_cgroup_dev_ctx`: kind and access in one word, major,
/// minor. It answers 1 to allow. Rules are walked from the last to the first; each letter of the access is decided by the
/// last rule that names it, and all of them must be allowed.
struct DeviceProgram {
    private(set) var instructions: [BPFInstruction] = []

    // Registers: 0 is the answer and, like 1 after it was the context, scratch; the others what is asked for.
    private static let answer: UInt8 = 0
    private static let scratch: UInt8 = 1
    private static let kind: UInt8 = 2
    private static let access: UInt8 = 3
    private static let major: UInt8 = 4
    private static let minor: UInt8 = 5

    // Opcodes: the kernel's Documentation/bpf/standardization/instruction-set.rst.
    enum Code {
        static let loadWord: UInt8 = 0x61
        static let andImmediate: UInt8 = 0x54
        static let orRegister: UInt8 = 0x4c
        static let subtractRegister: UInt8 = 0x1c
        static let exclusiveOrImmediate: UInt8 = 0xa4
        static let shiftRightImmediate: UInt8 = 0x74
        static let moveRegister: UInt8 = 0xbc
        static let moveImmediate: UInt8 = 0xb7
        static let jumpIfNotEqual: UInt8 = 0x55
        static let jumpIfEqual: UInt8 = 0x15
        static let exit: UInt8 = 0x95
    }

    init(_ rules: DeviceRules) {
        emit(Code.loadWord, to: Self.kind, from: Self.scratch, offset: 0)
        emit(Code.moveRegister, to: Self.access, from: Self.kind)
        emit(Code.andImmediate, to: Self.kind, 0xffff)
        emit(Code.shiftRightImmediate, to: Self.access, 16)
        emit(Code.loadWord, to: Self.major, from: Self.scratch, offset: 4)
        emit(Code.loadWord, to: Self.minor, from: Self.scratch, offset: 8)
        for rule in rules.rules.reversed() {
            append(rule)
            // The verifier refuses what can't be reached.
            if rule.isEverything { return }
        }
        leave(allowed: false)
    }

    /// One rule: goes on behind itself unless it decides.
    private mutating func append(_ rule: DeviceRule) {
        var exits: [Int] = []
        if let different = emitDifference(from: rule) { exits.append(emit(Code.jumpIfNotEqual, to: different, 0)) }
        if rule.access != .all {
            emit(Code.moveRegister, to: Self.scratch, from: Self.access)
            emit(Code.andImmediate, to: Self.scratch, rule.access.kernelBits)
            if rule.isAllowed {
                // What this rule allows needs no further rule; the rest goes on. Subtracted and not masked: see below.
                emit(Code.subtractRegister, to: Self.access, from: Self.scratch)
                exits.append(emit(Code.jumpIfNotEqual, to: Self.access, 0))
            } else {
                exits.append(emit(Code.jumpIfEqual, to: Self.scratch, 0))
            }
        }
        leave(allowed: rule.isAllowed)
        // A rule has at most 15 instructions: the distance always fits.
        for exit in exits { instructions[exit].offset = Int16(truncatingIfNeeded: instructions.count - exit - 1) }
    }

    /// The register that is zero when the device is one of the rule's; nil when every device is.
    ///
    /// Not by a jump for each part: where the verifier learns something of a register's value, it looks at all that follows
    /// once more for that value: 770 ms for 512 rules, and this way 13.
    private mutating func emitDifference(from rule: DeviceRule) -> UInt8? {
        let parts: [(UInt8, UInt32?)] = [
            (Self.kind, rule.kind.map { UInt32($0.rawValue) }), (Self.major, rule.major), (Self.minor, rule.minor),
        ]
        var isFirst = true
        for case (let register, let wanted?) in parts {
            let target = isFirst ? Self.scratch : Self.answer
            emit(Code.moveRegister, to: target, from: register)
            emit(Code.exclusiveOrImmediate, to: target, Int32(bitPattern: wanted))
            if !isFirst { emit(Code.orRegister, to: Self.scratch, from: Self.answer) }
            isFirst = false
        }
        return isFirst ? nil : Self.scratch
    }

    private mutating func leave(allowed: Bool) {
        emit(Code.moveImmediate, to: Self.answer, allowed ? 1 : 0)
        emit(Code.exit)
    }

    @discardableResult
    private mutating func emit(
        _ code: UInt8, to destination: UInt8 = 0, from source: UInt8 = 0, offset: Int16 = 0, _ immediate: Int32 = 0
    ) -> Int {
        instructions.append(BPFInstruction(code, to: destination, from: source, offset: offset, immediate))
        return instructions.count - 1
    }
}
