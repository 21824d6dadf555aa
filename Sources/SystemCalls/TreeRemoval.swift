import Glibc

/// Removes a whole directory tree, by descriptors, following no link and in any depth.
///
/// For trees that a guest or an image filled: directories without permissions are opened up, names are bytes, and a tree
/// deeper than descriptors last is flattened as it is removed.
public enum TreeRemoval {
    /// Directories open at once; deeper ones are moved up to the top first.
    static let openDirectories = 64

    /// Removes `name` below `directory`, whatever it is. A missing name is no error.
    public static func remove(_ name: String, in directory: Int32 = Files.currentDirectory) throws(SystemCallError) {
        do throws(Errno) {
            try remove(Array(name.utf8CString), in: directory)
        } catch {
            if error != .noSuchFile { throw SystemCallError("unlinkat", name, error) }
        }
    }

    /// The same for a name that needn't be UTF-8, as a C string. A missing name is `ENOENT`.
    public static func remove(_ name: [CChar], in directory: Int32) throws(Errno) {
        do throws(Errno) {
            return try FileCalls.remove(name, in: directory, isDirectory: false)
        } catch {
            // Linux says EISDIR, other file systems EPERM.
            guard error == .isDirectory || error == .notPermitted else { throw error }
        }
        let top = try open(name, in: directory)
        var moved = 0
        var deeper = true
        while deeper {
            deeper = false
            try empty(top.rawValue, top: top.rawValue, depth: 1, moved: &moved, deeper: &deeper)
        }
        try FileCalls.remove(name, in: directory, isDirectory: true)
    }

    private static func open(_ name: [CChar], in directory: Int32) throws(Errno) -> OwnedDescriptor {
        let flags: OpenFlags = [.readOnly, .directory, .noFollow]
        do throws(Errno) {
            return try FileCalls.open(name, in: directory, flags, resolve: [])
        } catch {
            guard error == .accessDenied else { throw error }
            try FileCalls.succeed { fchmodat(directory, name, 0o700, AT_SYMLINK_NOFOLLOW) }
            return try FileCalls.open(name, in: directory, flags, resolve: [])
        }
    }

    private static func empty(
        _ directory: Int32, top: Int32, depth: Int, moved: inout Int, deeper: inout Bool
    ) throws(Errno) {
        // Without write permission nothing can be removed from it; for root this changes nothing.
        try FileCalls.succeed { fchmod(directory, 0o700) }
        for name in try TreeCalls.names(in: directory) {
            do throws(Errno) {
                try FileCalls.remove(name, in: directory, isDirectory: false)
                continue
            } catch {
                if error == .noSuchFile { continue }
                guard error == .isDirectory || error == .notPermitted else { throw error }
            }
            if depth >= openDirectories {
                try moveUp(name, from: directory, to: top, moved: &moved)
                deeper = true
                continue
            }
            do {
                let child = try open(name, in: directory)
                try empty(child.rawValue, top: top, depth: depth + 1, moved: &moved, deeper: &deeper)
            }
            try FileCalls.remove(name, in: directory, isDirectory: true)
        }
    }

    /// Moves a directory to the top under a name that is free there.
    ///
    /// To give a directory another parent takes write permission on itself; what can't be changed, the move reports.
    private static func moveUp(
        _ name: [CChar], from directory: Int32, to top: Int32, moved: inout Int
    ) throws(Errno) {
        try? FileCalls.succeed { fchmodat(directory, name, 0o700, AT_SYMLINK_NOFOLLOW) }
        while true {
            moved += 1
            do throws(Errno) {
                return try FileCalls.rename(name, in: directory, to: ".removing-\(moved)", in: top)
            } catch {
                guard error == .exists || error == .directoryNotEmpty || error == .notDirectory else { throw error }
            }
        }
    }
}
