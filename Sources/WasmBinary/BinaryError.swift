/// Why bytes can't be read as WebAssembly.
public struct BinaryError: Error, Hashable, Sendable {
    /// What is wrong with the binary.
    public enum Reason: Hashable, Sendable {
        /// Neither a core module nor a component begins like this.
        case notWebAssembly
        case ended
        /// A number has more bits than its type.
        case numberTooLarge
        case notUTF8
        /// A size reaches past the end of what it is in, or a part doesn't fill its size.
        case wrongSize
        /// An index refers to something that isn't there.
        case unknownIndex
        /// A byte that no finished proposal uses here.
        case unknownCode(UInt8)
        /// More of something than `BinaryLimits` allows.
        case tooMany(String)
    }

    public var reason: Reason
    /// Bytes from the start of the binary.
    public var offset: Int

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension BinaryError: CustomStringConvertible {
    public var description: String {
        let text =
            switch reason {
            case .notWebAssembly: "neither a WebAssembly module nor a component"
            case .ended: "the binary ends in the middle"
            case .numberTooLarge: "a number is too large for its type"
            case .notUTF8: "a name isn't UTF-8"
            case .wrongSize: "a size doesn't fit what it measures"
            case .unknownIndex: "an index refers to nothing"
            case .unknownCode(let byte): "unknown code 0x\(String(byte, radix: 16))"
            case .tooMany(let what): "too many \(what)"
            }
        return "\(text) (at byte \(offset))"
    }
}

/// How much of everything a binary may have. Far above what toolchains make, and what wasmtime accepts.
public enum BinaryLimits {
    public static let sections = 100_000
    public static let types = 1_000_000
    public static let imports = 1_000_000
    public static let exports = 1_000_000
    public static let definitions = 10_000_000
    public static let parameters = 1_000
    public static let nameBytes = 100_000
    /// Instructions of one constant expression.
    public static let constantInstructions = 100_000
}
