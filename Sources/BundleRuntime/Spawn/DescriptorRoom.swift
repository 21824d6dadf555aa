import SystemCalls

/// Room for the trees of mounts that are opened outside of a user namespace, where the soft limit of descriptors (1,024 as a
/// rule) is less than what the configuration mounts.
///
/// The hard limit is what the process may have; the soft one is kept low for programs that can't deal with high numbers. The
/// container's is what it was: both processes give the room back as soon as their descriptors are closed.
struct DescriptorRoom {
    /// The RLIMIT_NOFILE number of the generic Linux ABI.
    private static let resource: Int32 = 7
    /// What both processes have open beside them, with plenty to spare.
    private static let others = 128

    /// What was raised; nil when there was room enough.
    private let soft: UInt64?

    init(forTrees count: Int) throws(SystemCallError) {
        guard count > Self.others else {
            soft = nil
            return
        }
        let limit = try ProcessAttributes.limit(Self.resource)
        guard limit.soft < limit.hard, limit.soft < UInt64(count + Self.others) else {
            soft = nil
            return
        }
        soft = limit.soft
        try ProcessAttributes.setLimit(Self.resource, soft: limit.hard, hard: limit.hard)
    }

    /// In this process.
    func giveBack() throws(SystemCallError) {
        guard let soft else { return }
        let limit = try ProcessAttributes.limit(Self.resource)
        try ProcessAttributes.setLimit(Self.resource, soft: min(soft, limit.hard), hard: limit.hard)
    }
}
