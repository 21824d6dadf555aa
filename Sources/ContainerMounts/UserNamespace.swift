import SystemCalls

/// User namespaces that are made for their mappings alone.
enum UserNamespace {
    /// Opens a new user namespace with these mappings.
    ///
    /// A process is needed to make it: a child that waits until it has been opened, and ends.
    static func make(users: String, groups: String) throws(SystemCallError) -> OwnedDescriptor {
        let ready = try Descriptors.pipe()
        let done = try Descriptors.pipe()
        let child: Int32
        switch try Processes.fork() {
        case .child:
            // Nobody is mapped in it: a call on files from here would fail, and none is made.
            do throws(SystemCallError) {
                try Namespaces.unshare(.user)
                let tell = ready.keepWrite()
                try Files.writeAll(tell.rawValue, [1])
            } catch { Processes.exit(1) }
            let end = done.keepRead()
            _ = try? Files.readAll(end.rawValue, limit: 1)
            Processes.exit(0)
        case .parent(let process): child = process
        }
        let told = ready.keepRead()
        let end = done.keepWrite()
        let result = Result { () throws(SystemCallError) -> Int32 in
            try opened(child, told.rawValue, users: users, groups: groups).release()
        }
        try? end.close()
        _ = try? Processes.wait(for: child)
        return OwnedDescriptor(adopting: try result.get())
    }

    private static func opened(
        _ child: Int32, _ told: Int32, users: String, groups: String
    ) throws(SystemCallError) -> OwnedDescriptor {
        // Nothing is told when the child couldn't.
        guard try Files.readAll(told, limit: 1).count == 1 else {
            throw SystemCallError("unshare", "CLONE_NEWUSER", .notPermitted)
        }
        try write("/proc/\(child)/uid_map", users)
        try write("/proc/\(child)/gid_map", groups)
        return try Files.open("/proc/\(child)/ns/user", flags: .readOnly)
    }

    private static func write(_ path: String, _ text: String) throws(SystemCallError) {
        let file = try Files.open(path, flags: .writeOnly)
        do throws(SystemCallError) {
            try Files.writeAll(file.rawValue, Array(text.utf8))
        } catch { throw SystemCallError("write", path, error.errno) }
    }
}
