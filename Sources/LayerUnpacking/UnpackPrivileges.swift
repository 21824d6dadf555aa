import SystemCalls

/// What this process may do to the files that it unpacks. What it may not is left out, with a note.
public struct UnpackPrivileges: Sendable, Equatable {
    /// Files get the owner that the layer states, and then their set-id bits.
    public var setsOwners: Bool
    /// Device nodes are made.
    public var makesDevices: Bool
    /// `security.capability` is set.
    public var setsCapabilities: Bool

    public init(setsOwners: Bool, makesDevices: Bool, setsCapabilities: Bool) {
        self.setsOwners = setsOwners
        self.makesDevices = makesDevices
        self.setsCapabilities = setsCapabilities
    }

    public static let all = UnpackPrivileges(setsOwners: true, makesDevices: true, setsCapabilities: true)
    public static let none = UnpackPrivileges(setsOwners: false, makesDevices: false, setsCapabilities: false)

    /// Everything for root, nothing for anybody else. A refusal by the kernel is a note too.
    public static var ofThisProcess: UnpackPrivileges { Processes.effectiveUser == 0 ? .all : .none }
}
