import OCISpec

/// Runs the classic BPF of a compiled filter as the kernel would.
struct FilterMachine {
    let program: [UInt8]

    static let x86: UInt32 = 0xC000_003E
    static let i386: UInt32 = 0x4000_0003
    static let arm64: UInt32 = 0xC000_00B7
    static let killed: UInt32 = 0
    static let allowed: UInt32 = 0x7FFF_0000
    static func errno(_ number: UInt32) -> UInt32 { 0x0005_0000 | number }

    struct Astray: Error {}

    /// The filter's return value.
    func run(_ number: UInt32, architecture: UInt32 = x86, _ arguments: UInt64...) throws -> UInt32 {
        try run(number, architecture: architecture, arguments: arguments)
    }

    func run(_ number: UInt32, architecture: UInt32 = x86, arguments: [UInt64]) throws -> UInt32 {
        var data: [UInt32] = [number, architecture, 0, 0]
        for index in 0..<6 {
            let argument = index < arguments.count ? arguments[index] : 0
            data += [UInt32(truncatingIfNeeded: argument), UInt32(argument >> 32)]
        }
        var memory = [UInt32](repeating: 0, count: 16)
        var accumulator: UInt32 = 0
        var position = 0
        while position * 8 < program.count {
            let start = position * 8
            let code = UInt16(program[start]) | UInt16(program[start + 1]) << 8
            let yes = Int(program[start + 2])
            let no = Int(program[start + 3])
            let operand = (0..<4).reduce(UInt32(0)) { $0 | UInt32(program[start + 4 + $1]) << (8 * UInt32($1)) }
            position += 1
            switch code {
            case 0x20: accumulator = data[Int(operand / 4)]
            case 0x60: accumulator = memory[Int(operand)]
            case 0x02: memory[Int(operand)] = accumulator
            case 0x54: accumulator &= operand
            case 0x05: position += Int(operand)
            case 0x15: position += accumulator == operand ? yes : no
            case 0x25: position += accumulator > operand ? yes : no
            case 0x35: position += accumulator >= operand ? yes : no
            case 0x45: position += accumulator & operand != 0 ? yes : no
            case 0x06: return operand
            default: throw Astray()
            }
        }
        throw Astray()
    }
}
