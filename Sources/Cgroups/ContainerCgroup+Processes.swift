import SystemCalls

extension ContainerCgroup {
    /// More processes than the kernel numbers: a list that is longer isn't one.
    static let processLimit = 1 << 22
    /// Groups below a container's: as many as a careless container makes, and no more.
    static let groupLimit = 1 << 16
    static let depthLimit = 128

    /// The processes in the container's group and in those below it, in no particular order.
    ///
    /// Processes that our process namespace doesn't show are left out.
    public func processes() throws(CgroupError) -> [Int32] {
        guard let group = census else {
            throw CgroupError("the container has none, so that its processes aren't known")
        }
        do throws(SystemCallError) {
            var found: [Int32] = []
            for directory in try Self.tree(group.directory) {
                found += try Self.members(of: directory)
                guard found.count <= Self.processLimit else {
                    throw SystemCallError("read", "\(directory)/cgroup.procs", .fileTooLarge)
                }
            }
            return found
        } catch { throw CgroupError(error) }
    }

    /// The group by which processes are counted: every process of the container is in all of them.
    var census: Group? { awaited == nil ? unified ?? groups.first : nil }

    /// A directory and all groups below it, each after the one that it is in. A group that vanishes meanwhile is left
    /// out.
    static func tree(_ top: String) throws(SystemCallError) -> [String] {
        var found = [top]
        var level = [top]
        for _ in 0..<depthLimit {
            var below: [String] = []
            for directory in level {
                do throws(SystemCallError) {
                    below += try Files.subdirectories(of: directory, limit: groupLimit).map { "\(directory)/\($0)" }
                } catch {
                    guard error.errno == .noSuchFile else { throw error }
                }
            }
            if below.isEmpty { return found }
            found += below
            guard found.count <= groupLimit else { throw SystemCallError("readdir", top, .fileTooLarge) }
            level = below
        }
        throw SystemCallError("readdir", top, .nameTooLong)
    }

    private static func members(of directory: String) throws(SystemCallError) -> [Int32] {
        var text: String
        do throws(SystemCallError) {
            text = try GroupFile.text("cgroup.procs", of: directory)
        } catch {
            switch error.errno {
            // Threaded groups name only threads.
            case .notSupported: text = try GroupFile.text("cgroup.threads", of: directory)
            case .noSuchFile, Errno(rawValue: 19): return []
            default: throw error
            }
        }
        // 0 is a process that we can't see: nothing to send a signal to.
        return text.split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
    }
}
