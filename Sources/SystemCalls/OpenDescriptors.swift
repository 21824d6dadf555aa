/// The descriptors of this process.
public enum OpenDescriptors {
    /// Closes every descriptor but those that are named.
    ///
    /// - Parameter first: those with smaller numbers stay, too.
    public static func closeAll(except kept: [Int32], from first: Int32 = 3) throws(SystemCallError) {
        var next = UInt32(max(first, 0))
        for descriptor in kept.sorted() where descriptor >= first {
            let number = UInt32(descriptor)
            if number > next { try Descriptors.closeRange(from: next, through: number - 1) }
            next = max(next, number + 1)
        }
        try Descriptors.closeRange(from: next)
    }

    /// The numbers that are open, of those below `limit`.
    public static func census(below limit: Int32 = 4096) -> [Int32] {
        (0..<max(limit, 0)).filter { Descriptors.isOpen($0) }
    }
}
