import SystemCalls

/// A guest's path, relative to a directory, copied out of the guest and taken apart once.
///
/// Names are bytes, as Linux has them: no encoding is asked for. The copy is private, so that another thread of the
/// guest can't change it between a check and its use. It lives as long as the closure that received it.
public struct SandboxPath: ~Copyable {
    /// What the last component is, because `.` and `..` aren't names that can be made or removed.
    enum Last { case name, current, parent }

    /// The path as the guest gave it.
    let full: UnsafePointer<CChar>

    /// What precedes the last component; nil for a path of one component.
    let parent: UnsafePointer<CChar>?

    /// The last component without slashes.
    let name: UnsafePointer<CChar>

    let last: Last
    let hasTrailingSlash: Bool

    /// A path of one name that can't lead out of its directory unless it is a symbolic link that is followed.
    var isOneName: Bool { parent == nil && last != .parent && !hasTrailingSlash }

    /// Copies and checks a path.
    ///
    /// Errors: `noSuchFile` for an empty one, `nameTooLong` above `limit` bytes, `invalid` with a zero byte inside,
    /// `notPermitted` for an absolute one: there is nothing above the directory.
    public static func with<R>(
        _ bytes: UnsafeRawBufferPointer, limit: Int = 4095,
        _ body: (borrowing SandboxPath) throws(Errno) -> R
    ) throws(Errno) -> R {
        let count = bytes.count
        guard count > 0, let source = bytes.baseAddress else { throw .noSuchFile }
        guard count <= limit else { throw .nameTooLong }
        return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 2 * (count + 1)) { (copy) throws(Errno) in
            guard let full = copy.baseAddress else { throw .outOfMemory }
            // SAFETY: the allocation holds two copies of `count` bytes with a zero after each.
            UnsafeMutableRawPointer(full).copyMemory(from: source, byteCount: count)
            full[count] = 0
            for index in 0..<count where full[index] == 0 { throw .invalid }
            guard full[0] != slash else { throw .notPermitted }
            return try body(SandboxPath(full, count: count, scratch: full + count + 1))
        }
    }

    private static let slash = CChar(UInt8(ascii: "/"))
    private static let dot = CChar(UInt8(ascii: "."))

    /// `scratch` has room for `count` bytes and a zero.
    private init(_ full: UnsafeMutablePointer<CChar>, count: Int, scratch: UnsafeMutablePointer<CChar>) {
        self.full = UnsafePointer(full)
        // The path isn't absolute, so a byte that is no slash comes first and both loops end before it.
        var end = count
        while end > 1, full[end - 1] == Self.slash { end -= 1 }
        var start = end
        while start > 0, full[start - 1] != Self.slash { start -= 1 }
        hasTrailingSlash = end != count
        switch end - start {
        case 1 where full[start] == Self.dot: last = .current
        case 2 where full[start] == Self.dot && full[start + 1] == Self.dot: last = .parent
        default: last = .name
        }
        guard start > 0 || hasTrailingSlash else {
            parent = nil
            name = UnsafePointer(full)
            return
        }
        scratch.update(from: full, count: end)
        scratch[end] = 0
        name = UnsafePointer(scratch + start)
        if start > 0 {
            scratch[start - 1] = 0
            parent = UnsafePointer(scratch)
        } else {
            parent = nil
        }
    }
}
