/// Why the engine itself ended a guest's call.
public struct TrapCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let stackOverflow = TrapCode(rawValue: 0)
    public static let memoryOutOfBounds = TrapCode(rawValue: 1)
    public static let heapMisaligned = TrapCode(rawValue: 2)
    public static let tableOutOfBounds = TrapCode(rawValue: 3)
    public static let indirectCallToNull = TrapCode(rawValue: 4)
    public static let badSignature = TrapCode(rawValue: 5)
    public static let integerOverflow = TrapCode(rawValue: 6)
    public static let integerDivisionByZero = TrapCode(rawValue: 7)
    public static let badConversionToInteger = TrapCode(rawValue: 8)
    public static let unreachable = TrapCode(rawValue: 9)
    /// The epoch passed the store's deadline.
    public static let interrupted = TrapCode(rawValue: 10)
    public static let outOfFuel = TrapCode(rawValue: 11)
    public static let atomicWaitOnUnsharedMemory = TrapCode(rawValue: 12)
    public static let nullReference = TrapCode(rawValue: 13)
    public static let arrayOutOfBounds = TrapCode(rawValue: 14)
    public static let allocationTooLarge = TrapCode(rawValue: 15)
    public static let castFailure = TrapCode(rawValue: 16)
}

extension TrapCode: CustomStringConvertible {
    public var description: String {
        guard Int(rawValue) < Self.sentences.count else { return "trap \(rawValue) of the engine" }
        return Self.sentences[Int(rawValue)]
    }

    private static let sentences = [
        "call stack exhausted",
        "out of bounds memory access",
        "misaligned atomic memory access",
        "out of bounds table access",
        "indirect call to an uninitialized table element",
        "indirect call with the wrong type",
        "integer overflow",
        "integer division by zero",
        "number doesn't fit the integer it is converted to",
        "unreachable instruction executed",
        "time is up: interrupted",
        "fuel is used up",
        "atomic wait on memory that isn't shared",
        "null reference",
        "out of bounds array access",
        "allocation too large",
        "cast failure",
    ]
}
