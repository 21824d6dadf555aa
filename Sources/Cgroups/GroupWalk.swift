import SystemCalls

/// The groups of a container, walked by descriptors: whoever may make groups names them by any bytes, and nests them deeper than
/// a path can be long.
enum GroupWalk {
    /// More groups than this aren't walked: a kernel that keeps as many has given them gigabytes.
    static let limit = 1 << 20

    /// Visits a group and those below it. A group that vanishes meanwhile is left out.
    ///
    /// - Parameters:
    ///   - enter: is given each group before those below it.
    ///   - leave: is given each group but the first after those below it: its name, and the group it is in.
    static func visit(
        _ top: String, enter: (Int32) throws(SystemCallError) -> Void = { _ in },
        leave: ([CChar], Int32) throws(SystemCallError) -> Void = { _, _ in }
    ) throws(SystemCallError) {
        var current = try Files.open(top, flags: [.readOnly, .directory])
        // Names from the first group down to the current one, and what is left to visit in each of them.
        var names: [[CChar]] = []
        var left: [[[CChar]]] = []
        var count = 0
        while true {
            if left.count == names.count {
                try enter(current.rawValue)
                left.append(try below(current.rawValue))
            }
            if let name = left[left.count - 1].popLast() {
                count += 1
                guard count <= limit else { throw SystemCallError("readdir", top, .fileTooLarge) }
                guard let group = try open(name, in: current.rawValue) else { continue }
                current = group
                names.append(name)
                continue
            }
            left.removeLast()
            guard let name = names.popLast() else { return }
            // A group never gets another parent.
            current = try Files.open("..", in: current.rawValue, flags: [.readOnly, .directory])
            try leave(name, current.rawValue)
        }
    }

    private static func below(_ group: Int32) throws(SystemCallError) -> [[CChar]] {
        do throws(Errno) { return try TreeCalls.directories(in: group) } catch {
            if error == .noSuchFile { return [] }
            throw SystemCallError("getdents64", nil, error)
        }
    }

    private static func open(_ name: [CChar], in group: Int32) throws(SystemCallError) -> OwnedDescriptor? {
        do throws(Errno) {
            return try FileCalls.open(name, in: group, [.readOnly, .directory, .noFollow], resolve: [])
        } catch {
            if error == .noSuchFile { return nil }
            throw SystemCallError("openat2", nil, error)
        }
    }
}
