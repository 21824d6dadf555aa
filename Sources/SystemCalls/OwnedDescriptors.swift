/// File descriptors with one owner: closed when the owner ends.
public struct OwnedDescriptors: ~Copyable, Sendable {
    public private(set) var numbers: [Int32]

    public init() { numbers = [] }

    /// Takes over descriptors that nobody else will close.
    public init(adopting numbers: [Int32]) { self.numbers = numbers }

    deinit { for number in numbers { _ = OwnedDescriptor(adopting: number) } }

    /// - Returns: its number, for as long as the owner lives.
    @discardableResult
    public mutating func add(_ descriptor: consuming OwnedDescriptor) -> Int32 {
        let number = descriptor.release()
        numbers.append(number)
        return number
    }

    /// Gives the first one away; nil when there is none.
    public mutating func takeFirst() -> OwnedDescriptor? {
        numbers.isEmpty ? nil : OwnedDescriptor(adopting: numbers.removeFirst())
    }

    /// Gives them away: from now on the caller closes them.
    public mutating func release() -> [Int32] {
        defer { numbers = [] }
        return numbers
    }
}
