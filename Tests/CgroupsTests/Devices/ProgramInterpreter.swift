import SystemCalls

/// Runs a device program as the kernel would, and refuses what the verifier refuses.
struct ProgramInterpreter {
    struct Request: Hashable {
        /// 1 for a block device, 2 for a character device.
        var kind: UInt32
        var major: UInt32
        var minor: UInt32
        /// Bit 0 mknod, bit 1 read, bit 2 write.
        var access: UInt32
    }

    enum Fault: Error { case outside, unknownCode(UInt8), unreachable, context(Int16) }

    let program: [BPFInstruction]

    func answer(_ request: Request) throws -> UInt64 {
        var registers = [UInt64](repeating: 0, count: 11)
        let context: [Int16: UInt32] = [0: request.access << 16 | request.kind, 4: request.major, 8: request.minor]
        var place = 0
        while true {
            guard program.indices.contains(place) else { throw Fault.outside }
            let instruction = program[place]
            place += 1
            let target = Int(instruction.destination)
            let immediate = UInt64(bitPattern: Int64(instruction.immediate))
            switch instruction.code {
            case 0x61:
                guard let word = context[instruction.offset], instruction.source == 1 else {
                    throw Fault.context(instruction.offset)
                }
                registers[target] = UInt64(word)
            case 0x54: registers[target] = (registers[target] & immediate) & 0xffff_ffff
            case 0x1c: registers[target] = (registers[target] &- registers[Int(instruction.source)]) & 0xffff_ffff
            case 0x4c: registers[target] = (registers[target] | registers[Int(instruction.source)]) & 0xffff_ffff
            case 0xa4: registers[target] = (registers[target] ^ immediate) & 0xffff_ffff
            case 0x74: registers[target] = (registers[target] & 0xffff_ffff) >> immediate
            case 0xbc: registers[target] = registers[Int(instruction.source)] & 0xffff_ffff
            case 0xb7: registers[target] = immediate
            case 0x55: if registers[target] != immediate { place += Int(instruction.offset) }
            case 0x15: if registers[target] == immediate { place += Int(instruction.offset) }
            case 0x95: return registers[0]
            default: throw Fault.unknownCode(instruction.code)
            }
        }
    }

    /// Every instruction can be reached, every jump goes forward and lands inside: what the verifier asks for.
    func check() throws {
        var reached = Set<Int>()
        var open = [0]
        while let place = open.popLast() {
            guard program.indices.contains(place) else { throw Fault.outside }
            guard reached.insert(place).inserted else { continue }
            let instruction = program[place]
            if instruction.code == 0x95 { continue }
            open.append(place + 1)
            if instruction.code == 0x55 || instruction.code == 0x15 {
                guard instruction.offset >= 0 else { throw Fault.outside }
                open.append(place + 1 + Int(instruction.offset))
            }
        }
        guard reached.count == program.count else { throw Fault.unreachable }
    }
}
