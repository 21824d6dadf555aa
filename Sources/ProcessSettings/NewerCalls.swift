import CSeccomp

/// Classic BPF that answers ENOSYS to the calls beyond a number, and leaves all others to the filter behind it.
struct NewerCalls {
    /// ENOSYS.
    static let unknown: UInt16 = 38

    private struct Instruction {
        var code: UInt16
        var jumpTrue: UInt8 = 0
        var jumpFalse: UInt8 = 0
        var operand: UInt32
    }

    /// From linux/bpf_common.h.
    private enum Code {
        static let load: UInt16 = 0x20
        static let jump: UInt16 = 0x05
        static let jumpIfEqual: UInt16 = 0x15
        static let jumpIfGreater: UInt16 = 0x25
        static let jumpIfSet: UInt16 = 0x45
        static let finish: UInt16 = 0x06
    }
    private static let numberOffset: UInt32 = 0
    private static let architectureOffset: UInt32 = 4
    /// A call of the x32 architecture has this bit in its number, and the architecture of x86-64.
    private static let x32Bit: UInt32 = 1 << 30
    private static let refuse: UInt32 = 0x0005_0000 | UInt32(unknown)

    private var instructions: [Instruction] = []
    /// Where a jump to the end of these instructions stands.
    private var exits: [Int] = []

    /// - Parameter newest: for each architecture's token the highest number that the filter has; below 0 for none.
    init(newest: [(token: UInt32, number: Int32)]) {
        let known = newest.filter { $0.number >= 0 }
        guard !known.isEmpty else { return }
        append(.init(code: Code.load, operand: Self.architectureOffset))
        let x32 = seccomp_arch_resolve_name("x32")
        let x86 = seccomp_arch_resolve_name("x86_64")
        if known.contains(where: { $0.token == x32 || $0.token == x86 }) {
            section(
                x86,
                [known.first { $0.token == x86 }?.number, known.first { $0.token == x32 }?.number])
        }
        for (token, number) in known where token != x32 && token != x86 { section(token, [number]) }
        for exit in exits { instructions[exit].operand = UInt32(instructions.count - exit - 1) }
    }

    private mutating func append(_ instruction: Instruction) { instructions.append(instruction) }

    /// The decision for one architecture; of two numbers, the second is for x32.
    private mutating func section(_ architecture: UInt32, _ numbers: [Int32?]) {
        let start = instructions.count
        append(.init(code: Code.jumpIfEqual, operand: architecture))
        append(.init(code: Code.load, operand: Self.numberOffset))
        // To the second decision, over the first one's instructions.
        if numbers.count > 1 { append(.init(code: Code.jumpIfSet, jumpTrue: 3, operand: Self.x32Bit)) }
        for number in numbers {
            // Without a number of its own, the filter decides.
            let bound = number.map { UInt32(bitPattern: $0) } ?? .max
            append(.init(code: Code.jumpIfGreater, jumpFalse: 1, operand: bound))
            append(.init(code: Code.finish, operand: Self.refuse))
            exits.append(instructions.count)
            append(.init(code: Code.jump, operand: 0))
        }
        // Another architecture: over all of it.
        instructions[start].jumpFalse = UInt8(clamping: instructions.count - start - 1)
    }

    /// As `struct sock_filter` has them, in this machine's order of bytes.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(instructions.count * 8)
        for instruction in instructions {
            withUnsafeBytes(of: instruction.code) { bytes.append(contentsOf: $0) }
            bytes.append(instruction.jumpTrue)
            bytes.append(instruction.jumpFalse)
            withUnsafeBytes(of: instruction.operand) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
