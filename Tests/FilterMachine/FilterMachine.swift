import SystemCalls

/// Runs the classic BPF of a seccomp filter as the kernel would.
public struct FilterMachine: Equatable, Sendable {
    public let program: [SecureComputing.Instruction]

    public static let x86: UInt32 = 0xC000_003E
    public static let i386: UInt32 = 0x4000_0003
    public static let arm64: UInt32 = 0xC000_00B7
    public static let killed: UInt32 = 0
    public static let processKilled: UInt32 = 0x8000_0000
    public static let allowed: UInt32 = 0x7FFF_0000
    public static func errno(_ number: UInt32) -> UInt32 { 0x0005_0000 | number }

    struct Astray: Error {}

    public init(_ program: [SecureComputing.Instruction]) { self.program = program }

    /// - Parameter bytes: whole instructions as `struct sock_filter` has them.
    public init(bytes: [UInt8]) {
        program = stride(from: 0, to: bytes.count - 7, by: SecureComputing.instructionSize).map { start in
            let operand = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + 4 + $1]) << (8 * UInt32($1)) }
            return .init(
                UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8, operand, jumpTrue: bytes[start + 2],
                jumpFalse: bytes[start + 3])
        }
    }

    /// The filter's return value.
    public func run(
        _ number: UInt32, architecture: UInt32 = SecureComputing.architecture, _ arguments: UInt64...
    ) throws -> UInt32 {
        try run(number, architecture: architecture, arguments: arguments)
    }

    public func run(
        _ number: UInt32, architecture: UInt32 = SecureComputing.architecture, arguments: [UInt64]
    ) throws -> UInt32 {
        var data: [UInt32] = [number, architecture, 0, 0]
        for index in 0..<6 {
            let argument = index < arguments.count ? arguments[index] : 0
            data += [UInt32(truncatingIfNeeded: argument), UInt32(argument >> 32)]
        }
        var results: Set<UInt32> = []
        try follow(data, into: &results)
        guard let result = results.first, results.count == 1 else { throw Astray() }
        return result
    }

    /// All that the filter can return for a call, whatever its arguments are.
    public func results(
        _ number: UInt32, architecture: UInt32 = SecureComputing.architecture
    ) throws -> Set<UInt32> {
        var results: Set<UInt32> = []
        try follow([number, architecture] + [UInt32?](repeating: nil, count: 14), into: &results)
        return results
    }

    /// Where what is compared isn't known (nil), both ways are gone.
    private func follow(_ data: [UInt32?], into results: inout Set<UInt32>) throws {
        var paths = [Path()]
        while var path = paths.popLast() {
            while true {
                guard program.indices.contains(path.position) else { throw Astray() }
                let instruction = program[path.position]
                path.position += 1
                let operand = instruction.operand
                if instruction.code == 0x06 {
                    results.insert(operand)
                    break
                }
                switch instruction.code {
                case 0x20: path.accumulator = data[Int(operand / 4)]
                case 0x60: path.accumulator = path.memory[Int(operand)]
                case 0x02: path.memory[Int(operand)] = path.accumulator
                case 0x54: path.accumulator = path.accumulator.map { $0 & operand }
                case 0x05: path.position += Int(operand)
                case 0x15, 0x25, 0x35, 0x45:
                    if let accumulator = path.accumulator {
                        path.jump(instruction, Self.holds(instruction.code, accumulator, operand))
                    } else {
                        var other = path
                        other.jump(instruction, true)
                        paths.append(other)
                        path.jump(instruction, false)
                    }
                default: throw Astray()
                }
            }
        }
    }

    private static func holds(_ code: UInt16, _ value: UInt32, _ operand: UInt32) -> Bool {
        switch code {
        case 0x15: value == operand
        case 0x25: value > operand
        case 0x35: value >= operand
        default: value & operand != 0
        }
    }

    private struct Path {
        var position = 0
        var accumulator: UInt32? = 0
        var memory = [UInt32?](repeating: 0, count: 16)

        mutating func jump(_ instruction: SecureComputing.Instruction, _ condition: Bool) {
            position += Int(condition ? instruction.jumpTrue : instruction.jumpFalse)
        }
    }
}
