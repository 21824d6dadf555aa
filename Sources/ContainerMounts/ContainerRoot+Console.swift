import FieldErrors
import SystemCalls

extension ContainerRoot {
    /// Makes /dev/console the container's own terminal; before `enter`.
    ///
    /// - Parameter terminal: the slave of a pty, opened in this mount namespace.
    public func bindConsole(_ terminal: Int32) throws(FieldError) {
        try asking("process.terminal", "/dev/console") { () throws(SystemCallError) in
            // Unix98 slaves have the majors 136 to 143.
            guard case .characterDevice(let number) = try MountedFile.of(terminal).kind,
                (136...143).contains(number.major)
            else { throw SystemCallError("open_tree", "/dev/console", .notTerminal) }
            let tree = try Mounts.copyTree(in: terminal, recursive: false)
            let directory = try paths.openOrMakeWithoutLinks("/dev")
            try Self.cover("console", in: directory.rawValue, with: tree.rawValue)
        }
    }

    /// Mounts something that isn't a directory onto a file, made when missing. What is there must be no link.
    static func cover(_ name: String, in directory: Int32, with tree: Int32) throws(SystemCallError) {
        do throws(SystemCallError) {
            try Files.open(
                name, in: directory, flags: [.readOnly, .create, .exclusive, .noFollow], mode: 0o600
            ).close()
        } catch {
            guard error.errno == .exists else { throw error }
        }
        let target = try Files.open(name, in: directory, flags: [.path, .noFollow])
        switch try MountedFile.of(target.rawValue).kind {
        case .regular, .characterDevice, .blockDevice: break
        case .directory, .symbolicLink, .pipe, .socket, .unknown:
            throw SystemCallError("move_mount", name, .tooManySymbolicLinks)
        }
        try Mounts.move(tree, onto: target.rawValue)
        let seen = try Files.open(name, in: directory, flags: [.path, .noFollow])
        guard try MountedFile.of(seen.rawValue).mount == MountedFile.of(tree).mount else {
            throw SystemCallError("move_mount", name, .crossDevice)
        }
    }
}
