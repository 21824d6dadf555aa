import SystemCalls

/// Whom a process runs as: numbers only, from 0 to 2^32 - 2 (2^32 - 1 means "unchanged" to the kernel).
public struct UserIdentity: Hashable, Sendable, CustomStringConvertible {
    public let user: UInt32
    public let group: UInt32
    public let supplementary: [UInt32]

    public init(user: UInt32, group: UInt32, supplementary: [UInt32] = []) throws(UserError) {
        for number in [user, group] + supplementary where number == .max { throw .outOfRange(String(number)) }
        self.user = user
        self.group = group
        self.supplementary = supplementary
    }

    public var description: String { "\(user):\(group)" }

    /// Whether the process already is this user without further groups to drop.
    var isCurrent: Bool {
        user != 0 && Processes.effectiveUser == user && Processes.effectiveGroup == group && supplementary.isEmpty
    }
}

/// Why a user can't be made out.
public enum UserError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not of the form `user[:group]`.
    case malformed(String)
    /// A number that isn't from 0 to 4294967294.
    case outOfRange(String)
    case unknownUser(String)
    case unknownGroup(String)
    /// The image's file couldn't be read.
    case unreadable(file: String, reason: String)

    public var description: String {
        switch self {
        case .malformed(let text): "user \"\(text)\": expected USER[:GROUP], each a name or a number"
        case .outOfRange(let text): "user or group \"\(text)\": a number is from 0 to 4294967294"
        case .unknownUser(let name): "user \"\(name)\": not in the image's /etc/passwd (a number needs no entry)"
        case .unknownGroup(let name): "group \"\(name)\": not in the image's /etc/group (a number needs no entry)"
        case .unreadable(let file, let reason): "\(file) of the image: \(reason)"
        }
    }
}
