import SystemCalls

/// What becomes of a system call.
indirect enum Verdict: Hashable, Sendable {
    case allow
    /// Refused: the caller sees this error. `Errno(rawValue: 0)` is a call that succeeds and does nothing.
    case refuse(Errno)
    /// The process is killed at once (SIGSYS): no honest code gets here.
    case kill
    /// Allowed when all conditions hold.
    case allowWhen([ArgumentCondition], otherwise: Verdict)
}

/// A condition on the low 32 bits of an argument, which is all that the kernel looks at where these are used.
struct ArgumentCondition: Hashable, Sendable {
    /// From 0.
    var argument: Int
    var mask: UInt32 = .max
    /// The masked argument is one of these.
    var values: [UInt32]
}

/// Writes the classic BPF that gives each call its verdict.
///
/// A binary search over ranges of numbers with the same verdict. The kernel runs the program once for every number at
/// installation, to remember those that are always allowed, so a short path pays even there (measured: see
/// `SeccompProfile`).
struct FilterProgram {
    private(set) var instructions: [SecureComputing.Instruction] = []

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

    init(_ verdicts: [SystemCallNumber: Verdict], otherwise: Verdict) {
        instructions = [
            .init(Code.load, Offset.architecture),
            .init(Code.jumpIfEqual, SecureComputing.architecture, jumpTrue: 1),
            .init(Code.finish, Self.result(.kill)),
            .init(Code.load, Offset.number),
        ]
        instructions += Self.search(Self.ranges(verdicts, otherwise: otherwise)[...])
    }

    /// Where a range of numbers with one verdict begins; it reaches to the next.
    private struct Range {
        var start: UInt32
        var verdict: Verdict
    }

    private static func ranges(_ verdicts: [SystemCallNumber: Verdict], otherwise: Verdict) -> [Range] {
        var ranges = [Range(start: 0, verdict: otherwise)]
        func append(_ start: UInt32, _ verdict: Verdict) {
            if ranges[ranges.count - 1].start == start { ranges.removeLast() }
            if ranges.last?.verdict != verdict { ranges.append(Range(start: start, verdict: verdict)) }
        }
        for (number, verdict) in verdicts.sorted(by: { $0.key < $1.key }) {
            append(number.rawValue, verdict)
            append(number.rawValue + 1, otherwise)
        }
        return ranges
    }

    private static func search(_ ranges: ArraySlice<Range>) -> [SecureComputing.Instruction] {
        guard ranges.count > 1 else { return ranges.first.map { decide($0.verdict) } ?? [] }
        let middle = ranges.startIndex + ranges.count / 2
        let below = search(ranges[..<middle])
        let above = search(ranges[middle...])
        let pivot = ranges[middle].start
        // A conditional jump reaches 255 instructions; further goes by an unconditional one.
        if let distance = UInt8(exactly: below.count) {
            return [.init(Code.jumpIfNotLess, pivot, jumpTrue: distance)] + below + above
        }
        return [.init(Code.jumpIfNotLess, pivot, jumpFalse: 1), .init(Code.jump, UInt32(below.count))] + below + above
    }

    private static func decide(_ verdict: Verdict) -> [SecureComputing.Instruction] {
        guard case .allowWhen(let conditions, let otherwise) = verdict else {
            return [.init(Code.finish, result(verdict))]
        }
        let failed = decide(otherwise)
        // From the last condition to the first: each knows what follows when it holds.
        var program: [SecureComputing.Instruction] = [.init(Code.finish, result(.allow))]
        for condition in conditions.reversed() {
            var check: [SecureComputing.Instruction] = [
                .init(Code.load, Offset.arguments + 8 * UInt32(condition.argument))
            ]
            if condition.mask != .max { check.append(.init(Code.and, condition.mask)) }
            // Equal: over the remaining comparisons and the refusal.
            for (index, value) in condition.values.enumerated() {
                let distance = UInt8(clamping: condition.values.count - 1 - index + failed.count)
                check.append(.init(Code.jumpIfEqual, value, jumpTrue: distance))
            }
            program = check + failed + program
        }
        return program
    }

    private static func result(_ verdict: Verdict) -> UInt32 {
        switch verdict {
        case .allow: 0x7FFF_0000
        case .refuse(let errno): 0x0005_0000 | UInt32(truncatingIfNeeded: errno.rawValue) & 0xFFFF
        case .kill, .allowWhen: 0x8000_0000
        }
    }
}
