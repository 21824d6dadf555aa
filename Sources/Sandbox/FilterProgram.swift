import SystemCalls

/// What becomes of a system call.
enum Verdict: Hashable, Sendable {
    case always(Outcome)
    /// Depends on whether all of the conditions hold.
    case when([ArgumentCondition], Outcome, otherwise: Outcome)

    enum Outcome: Hashable, Sendable {
        case allow
        /// Refused: the caller sees this error. `Errno(rawValue: 0)` is a call that succeeds and does nothing.
        case refuse(Errno)
        /// The process is killed at once (SIGSYS): no honest code gets here.
        case kill
    }

    /// Whether it can be made in some form.
    var allowsSomething: Bool {
        switch self {
        case .always(let outcome): outcome == .allow
        case .when(_, let outcome, let otherwise): outcome == .allow || otherwise == .allow
        }
    }
}

/// A condition on the low 32 bits of an argument, which is all that the kernel looks at where these are used.
struct ArgumentCondition: Hashable, Sendable {
    /// From 0.
    var argument: UInt32
    var mask: UInt32 = .max
    /// The masked argument is one of these; few enough for a short jump.
    var values: [UInt32]
}

/// The verdict about each system call.
struct VerdictTable {
    /// All numbers of the two architectures are below it (the highest of Linux 6.18 is 469).
    static let size = 512

    /// The distinct verdicts; the first one is for every call that isn't named.
    private(set) var verdicts: [Verdict]
    /// By number, an index into `verdicts`.
    private(set) var slots: [UInt8]

    init(otherwise: Verdict.Outcome) {
        verdicts = [.always(otherwise)]
        slots = [UInt8](repeating: 0, count: Self.size)
    }

    mutating func set(_ outcome: Verdict.Outcome, for calls: [SystemCallNumber]) { set(.always(outcome), for: calls) }

    /// Later ones replace earlier ones.
    mutating func set(_ verdict: Verdict, for calls: [SystemCallNumber]) {
        let slot = UInt8(clamping: verdicts.count)
        verdicts.append(verdict)
        for call in calls where call.rawValue < Self.size { slots[Int(call.rawValue)] = slot }
    }

    subscript(call: SystemCallNumber) -> Verdict {
        call.rawValue < Self.size ? verdicts[Int(slots[Int(call.rawValue)])] : verdicts[0]
    }

    /// The calls whose verdict the closure accepts.
    func calls(where isWanted: (Verdict) -> Bool) -> [SystemCallNumber] {
        slots.indices.filter { isWanted(verdicts[Int(slots[$0])]) }.map { SystemCallNumber(rawValue: UInt32($0)) }
    }
}

/// Writes the classic BPF that gives each call its verdict.
///
/// A binary search over ranges of numbers with the same verdict. The kernel runs the program once for every number at its
/// installation, to remember those that are always allowed: 250 comparisons in a row cost 570 µs there, this form 60.
struct FilterProgram {
    private(set) var instructions: [SecureComputing.Instruction]

    /// From linux/bpf_common.h, linux/filter.h, linux/seccomp.h.
    private enum Code {
        static let load: UInt16 = 0x20
        static let and: UInt16 = 0x54
        static let jump: UInt16 = 0x05
        static let jumpIfEqual: UInt16 = 0x15
        static let jumpIfNotLess: UInt16 = 0x35
        static let finish: UInt16 = 0x06
    }
    private enum Offset {
        static let number: UInt32 = 0
        static let architecture: UInt32 = 4
        static let arguments: UInt32 = 16
    }
    init(_ table: VerdictTable) {
        instructions = []
        instructions.reserveCapacity(512)
        append(Code.load, Offset.architecture)
        append(Code.jumpIfEqual, SecureComputing.architecture, jumpTrue: 1)
        finish(.kill)
        append(Code.load, Offset.number)
        // Where each range of numbers with one verdict begins; above the table there is one more with the first verdict.
        var starts: [Int] = [0]
        for number in 1..<VerdictTable.size where table.slots[number] != table.slots[number - 1] {
            starts.append(number)
        }
        if table.slots[VerdictTable.size - 1] != 0 { starts.append(VerdictTable.size) }
        search(starts[...], table)
    }

    private mutating func append(_ code: UInt16, _ operand: UInt32, jumpTrue: UInt8 = 0) {
        instructions.append(.init(code, operand, jumpTrue: jumpTrue))
    }

    private mutating func search(_ starts: ArraySlice<Int>, _ table: VerdictTable) {
        guard starts.count > 1 else {
            let number = starts.first ?? 0
            return decide(number < VerdictTable.size ? table.verdicts[Int(table.slots[number])] : table.verdicts[0])
        }
        let middle = starts.startIndex + starts.count / 2
        let fork = instructions.count
        append(Code.jumpIfNotLess, UInt32(starts[middle]))
        search(starts[..<middle], table)
        let below = instructions.count - fork - 1
        if let distance = UInt8(exactly: below) {
            instructions[fork].jumpTrue = distance
        } else {
            // A conditional jump reaches 255 instructions; further goes by an unconditional one, which the others skip.
            instructions[fork].jumpFalse = 1
            instructions.insert(.init(Code.jump, UInt32(below)), at: fork + 1)
        }
        search(starts[middle...], table)
    }

    private mutating func decide(_ verdict: Verdict) {
        switch verdict {
        case .always(let outcome): finish(outcome)
        case .when(let conditions, let outcome, let otherwise):
            for condition in conditions { demand(condition, otherwise) }
            finish(outcome)
        }
    }

    /// Goes on when the condition holds.
    private mutating func demand(_ condition: ArgumentCondition, _ otherwise: Verdict.Outcome) {
        append(Code.load, Offset.arguments + 8 * condition.argument)
        if condition.mask != .max { append(Code.and, condition.mask) }
        // Equal: over the remaining comparisons and what follows when none was.
        for (index, value) in condition.values.enumerated() {
            append(Code.jumpIfEqual, value, jumpTrue: UInt8(clamping: condition.values.count - index))
        }
        finish(otherwise)
    }

    private mutating func finish(_ outcome: Verdict.Outcome) {
        switch outcome {
        case .allow: append(Code.finish, 0x7FFF_0000)
        case .refuse(let errno):
            append(Code.finish, 0x0005_0000 | UInt32(truncatingIfNeeded: errno.rawValue) & 0xFFFF)
        case .kill: append(Code.finish, 0x8000_0000)
        }
    }
}
