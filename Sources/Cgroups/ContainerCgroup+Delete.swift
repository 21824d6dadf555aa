import SystemCalls

extension ContainerCgroup {
    /// The kernel keeps a group busy while its last processes are freed: together a bit more than a second.
    private static let delays: [UInt64] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

    /// Removes the groups and those that the container made below them. Groups that are gone already are no error.
    ///
    /// - Throws: when one still has processes, naming it.
    public func delete() throws(CgroupError) {
        var failure: CgroupError?
        if let unit, awaited == nil {
            do throws(CgroupError) {
                try SystemdDriver.stop(unit)
            } catch { failure = error }
        }
        for group in groups {
            do throws(SystemCallError) {
                try Self.remove(group.directory)
            } catch {
                failure =
                    failure
                    ?? CgroupError(
                        error, advice: error.errno == .busy ? "it still has processes; kill them first" : nil)
            }
        }
        if let failure { throw failure }
    }

    /// Removes the group by which processes are counted, which only succeeds when there are none: then nobody has to be looked
    /// for and killed before the others are deleted.
    ///
    /// - Returns: whether it is gone. Groups that systemd made are systemd's to remove.
    public func removeIfEmpty() -> Bool {
        guard unit == nil, let group = census else { return false }
        do throws(SystemCallError) {
            try Files.removeDirectory(group.directory)
            return true
        } catch { return error.errno == .noSuchFile }
    }

    /// One call when there is nothing below and nobody inside, which is how containers usually end.
    private static func remove(_ directory: String) throws(SystemCallError) {
        for attempt in 0... {
            do throws(SystemCallError) {
                return try Files.removeDirectory(directory)
            } catch {
                switch error.errno {
                case .noSuchFile: return
                case .busy where attempt < delays.count:
                    try removeBelow(directory)
                    // What was below it may have been all.
                    if attempt == 0, (try? Files.removeDirectory(directory)) != nil { return }
                    Pause.milliseconds(delays[attempt])
                default: throw error
                }
            }
        }
    }

    private static func removeBelow(_ directory: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try GroupWalk.visit(
                directory,
                leave: { (name, parent) throws(SystemCallError) in
                    do throws(Errno) { try FileCalls.remove(name, in: parent, isDirectory: true) } catch {
                        // Busy: tried again with the group above it.
                        guard error == .noSuchFile || error == .busy else {
                            throw SystemCallError("unlinkat", directory, error)
                        }
                    }
                })
        } catch { if error.errno != .noSuchFile { throw error } }
    }
}
