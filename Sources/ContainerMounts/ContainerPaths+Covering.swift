import SystemCalls

extension ContainerPaths {
    /// Moves a mount onto what was found at a path, and makes sure that it is there that the path leads now.
    ///
    /// - Parameter target: what was found; a link at the path's end has been followed.
    func cover(_ path: String, _ target: Int32, with tree: Int32) throws(SystemCallError) {
        let type = try FilesystemType.of(target)
        try Mounts.move(tree, onto: target)
        // The kernel's own trees have no names that anybody could exchange, and most masks lie in them.
        if type != .proc, type != .sysfs { try expect(tree, at: path) }
    }

    /// Where the path leads has to be the mount: a target that another exchanged meanwhile is an error (`EXDEV`), since the
    /// container would see what that one put there.
    func expect(_ tree: Int32, at path: String, followLinks: Bool = true) throws(SystemCallError) {
        let seen = try open(path, followLinks: followLinks)
        guard try MountedFile.of(seen.rawValue).mount == MountedFile.of(tree).mount else {
            throw SystemCallError("move_mount", path, .crossDevice)
        }
    }
}
