import SystemCalls

// For a process that waits, and has no time to look when it is asked for something.

extension CgroupHierarchy {
    private struct Watched {
        let hierarchy: CgroupHierarchy
        /// The table of mounts, open since it was read: the kernel tells of changes.
        let table: Int32
    }

    private static let watched = Mutex<Watched?>(nil)

    /// Looks now; `current` answers with what was found for as long as the mounts stay as they are.
    ///
    /// - Returns: a descriptor, to be kept open at its number. A process that is forked shouldn't have it: news reach one of
    ///   those that share it.
    public static func watch() -> Int32? {
        guard let table = try? Files.open("/proc/self/mountinfo", flags: .readOnly),
            let bytes = try? Files.readAll(table.rawValue, limit: mountTableLimit)
        else { return nil }
        let found = CgroupHierarchy(mountTable: String(decoding: bytes, as: UTF8.self))
        let number = table.release()
        watched.withLock { $0 = Watched(hierarchy: found, table: number) }
        return number
    }

    /// What was found, if it is still so.
    static var unchanged: CgroupHierarchy? {
        watched.withLock { watched in
            guard let known = watched else { return nil }
            var requests = [PollRequest(known.table, .priority)]
            if (try? Poll.wait(&requests, timeout: 0)) == 0 { return known.hierarchy }
            watched = nil
            return nil
        }
    }
}
