/// `NAME=value` as programs read it: by bytes. In Swift's view an equals sign and the combining mark behind it are one character
/// that is no equals sign.
extension StringProtocol where SubSequence == Substring {
    private var equals: String.Index? { utf8.firstIndex(of: UInt8(ascii: "=")) }

    /// What stands before the first `=`; everything when there is none.
    public var assignedName: Substring { self[..<(equals ?? endIndex)] }

    /// What stands behind the first `=`; nil when there is none.
    public var assignedValue: Substring? { equals.map { self[utf8.index(after: $0)...] } }

    /// Whether it has a name and an `=`.
    public var isAssignment: Bool { equals.map { $0 > startIndex } ?? false }
}
