import SystemCalls

extension ContainerCgroup {
    /// More processes than the kernel numbers: a list that is longer isn't one.
    static let processLimit = 1 << 22

    /// The processes in the container's group and in those below it, in no particular order.
    ///
    /// Processes that our process namespace doesn't show are left out.
    public func processes() throws(CgroupError) -> [Int32] {
        guard let group = census else {
            throw CgroupError("the container has none, so that its processes aren't known")
        }
        do throws(SystemCallError) {
            var found: [Int32] = []
            try GroupWalk.visit(group.directory) { (directory) throws(SystemCallError) in
                found += try Self.members(of: directory)
                guard found.count <= Self.processLimit else {
                    throw SystemCallError("read", "\(group.directory)/cgroup.procs", .fileTooLarge)
                }
            }
            return found
        } catch {
            if error.errno == .noSuchFile { return [] }
            throw CgroupError(error)
        }
    }

    /// The group by which processes are counted: every process of the container is in all of them.
    var census: Group? { awaited == nil ? unified ?? groups.first : nil }

    private static func members(of directory: Int32) throws(SystemCallError) -> [Int32] {
        var text: [UInt8]
        do throws(SystemCallError) {
            text = try Files.contents(of: "cgroup.procs", in: directory, limit: GroupFile.sizeLimit)
        } catch {
            switch error.errno {
            // Threaded groups name only threads.
            case .notSupported:
                text = try Files.contents(of: "cgroup.threads", in: directory, limit: GroupFile.sizeLimit)
            case .noSuchFile, Errno(rawValue: 19): return []
            default: throw error
            }
        }
        // 0 is a process that we can't see: nothing to send a signal to.
        return text.split(separator: UInt8(ascii: "\n")).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
            .filter { $0 > 0 }
    }
}
