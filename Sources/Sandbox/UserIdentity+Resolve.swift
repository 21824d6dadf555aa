import SystemCalls

extension UserIdentity {
    /// The largest /etc/passwd or /etc/group of an image that is read.
    public static let accountFileLimit = AccountFile.limit
    /// The most supplementary groups that are taken over; the kernel's own limit.
    public static let groupLimit = 65_536

    /// Makes out `USER[:GROUP]` against the accounts of an image (image specification, config `User`).
    ///
    /// A number needs no entry; without a group it takes the entry's group, or 0. A name needs one. The supplementary groups
    /// are those that list the user's name, and none when a group was given.
    ///
    /// - Parameter root: the image's root directory; nil when there is none, so that only numbers can be made out.
    public static func resolve(_ text: String, inRoot root: Int32?) throws(UserError) -> UserIdentity {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty, parts.count < 2 || !parts[1].isEmpty, !text.utf8.contains(0) else {
            throw .malformed(text)
        }
        let number = try accountNumber(name)
        let entry = try userEntry(name: name, number: number, root: root)
        guard let user = number ?? entry?.user else { throw .unknownUser(String(name)) }
        if parts.count == 2 {
            return try UserIdentity(user: user, group: try groupNumber(parts[1], root: root))
        }
        let groups =
            try entry.map { entry throws(UserError) in try supplementaryGroups(of: entry.name, root: root) } ?? []
        return try UserIdentity(user: user, group: entry?.group ?? 0, supplementary: groups)
    }

    /// nil for a name; an error for a number out of range.
    private static func accountNumber(_ text: Substring) throws(UserError) -> UInt32? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        guard let number = UInt32(text), number != .max else { throw .outOfRange(String(text)) }
        return number
    }

    private struct Entry {
        var name: Substring
        var user: UInt32
        var group: UInt32
    }

    private static func userEntry(name: Substring, number: UInt32?, root: Int32?) throws(UserError) -> Entry? {
        guard let root else { return nil }
        for line in try accounts("etc/passwd", root: root, demanded: number == nil) {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, let user = UInt32(fields[2]), let group = UInt32(fields[3]) else { continue }
            let matches = number.map { $0 == user } ?? (fields[0] == name)
            if matches { return Entry(name: fields[0], user: user, group: group) }
        }
        return nil
    }

    private static func groupNumber(_ text: Substring, root: Int32?) throws(UserError) -> UInt32 {
        if let number = try accountNumber(text) { return number }
        guard let root else { throw .unknownGroup(String(text)) }
        for line in try accounts("etc/group", root: root, demanded: true) {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count >= 3, fields[0] == text, let number = UInt32(fields[2]) { return number }
        }
        throw .unknownGroup(String(text))
    }

    private static func supplementaryGroups(of name: Substring, root: Int32?) throws(UserError) -> [UInt32] {
        guard let root else { return [] }
        var groups: [UInt32] = []
        for line in try accounts("etc/group", root: root, demanded: false) {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, let number = UInt32(fields[2]), fields[3].split(separator: ",").contains(name)
            else {
                continue
            }
            groups.append(number)
            guard groups.count <= groupLimit else {
                throw .unreadable(file: "/etc/group", reason: "lists \(name) in more than \(groupLimit) groups")
            }
        }
        return groups
    }

    /// The lines of an account file, read by a path that can't leave the image; none when it's absent and not demanded.
    private static func accounts(_ path: String, root: Int32, demanded: Bool) throws(UserError) -> [Substring] {
        do throws(SystemCallError) {
            return try AccountFile.lines(path, inRoot: root)
        } catch {
            if error.errno == .noSuchFile || error.errno == .notDirectory { return [] }
            if error.errno == .fileTooLarge {
                throw .unreadable(file: "/\(path)", reason: "larger than \(accountFileLimit) bytes")
            }
            if !demanded { return [] }
            throw .unreadable(file: "/\(path)", reason: "\(error)")
        }
    }
}
