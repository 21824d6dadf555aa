/// A text of the program's own.
typealias Text = StaticString

extension StaticString {
    /// With its NUL.
    func copy(to place: UnsafeMutablePointer<CChar>) {
        for index in 0..<utf8CodeUnitCount { place[index] = CChar(bitPattern: utf8Start[index]) }
        place[utf8CodeUnitCount] = 0
    }
}

/// One word, as the kernel gave it: bytes with NUL behind them.
struct Word {
    let bytes: UnsafePointer<CChar>

    var count: Int {
        var count = 0
        while bytes[count] != 0 { count += 1 }
        return count
    }

    func begins(with text: Text) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where UInt8(bitPattern: bytes[index]) != text.utf8Start[index] {
            return false
        }
        return true
    }

    func equals(_ text: Text) -> Bool { begins(with: text) && bytes[text.utf8CodeUnitCount] == 0 }

    /// What stands behind `name=`.
    func value(of name: Text) -> Word? {
        guard begins(with: name), bytes[name.utf8CodeUnitCount] == CChar(bitPattern: UInt8(ascii: "=")) else {
            return nil
        }
        return Word(bytes: bytes + name.utf8CodeUnitCount + 1)
    }

    /// As a number, nothing else before or behind it.
    var number: Int? {
        var number = 0
        var index = 0
        while bytes[index] != 0 {
            let digit = Int(bytes[index]) - 48
            guard (0...9).contains(digit), index < 9 else { return nil }
            number = number * 10 + digit
            index += 1
        }
        return index > 0 ? number : nil
    }
}

/// The words of the command and the environment, where the kernel put them: on the stack, each list with a null at its end.
struct Words {
    let list: UnsafeMutablePointer<UnsafePointer<CChar>?>
    let environment: UnsafeMutablePointer<UnsafePointer<CChar>?>
    let count: Int

    init(_ stack: UnsafeMutableRawPointer) {
        count = stack.load(as: Int.self)
        list = (stack + MemoryLayout<Int>.stride).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
        environment = list + count + 1
    }

    /// nil behind the last.
    subscript(index: Int) -> Word? {
        guard index < count, let bytes = list[index] else { return nil }
        return Word(bytes: bytes)
    }

    /// A variable of the environment.
    func variable(_ name: Text) -> Word? {
        var index = 0
        while let bytes = environment[index] {
            if let value = Word(bytes: bytes).value(of: name) { return value }
            index += 1
        }
        return nil
    }
}
