import SystemCalls

/// Runs the classic BPF of a seccomp filter as the kernel would.
struct BPFMachine {
    let program: [SecureComputing.Instruction]

    init(_ program: [SecureComputing.Instruction]) { self.program = program }

    /// The filter's return value; 0 for a program that goes astray.
    func run(number: UInt32, architecture: UInt32, arguments: [UInt64]) -> UInt32 {
        var data: [UInt32] = [number, architecture, 0, 0]
        for argument in arguments { data += [UInt32(truncatingIfNeeded: argument), UInt32(argument >> 32)] }
        var accumulator: UInt32 = 0
        var position = 0
        while program.indices.contains(position) {
            let instruction = program[position]
            position += 1
            switch instruction.code {
            case 0x20: accumulator = data[Int(instruction.operand / 4)]
            case 0x54: accumulator &= instruction.operand
            case 0x05: position += Int(instruction.operand)
            case 0x15: position += jump(instruction, accumulator == instruction.operand)
            case 0x25: position += jump(instruction, accumulator > instruction.operand)
            case 0x35: position += jump(instruction, accumulator >= instruction.operand)
            case 0x06: return instruction.operand
            default: return 0
            }
        }
        return 0
    }

    private func jump(_ instruction: SecureComputing.Instruction, _ condition: Bool) -> Int {
        Int(condition ? instruction.jumpTrue : instruction.jumpFalse)
    }
}
