import SystemCalls

/// Paths of a container, walked from the descriptor of its root by openat2(2): absolute links and `..` stay inside, the links
/// of /proc that lead anywhere are refused, and a rename meanwhile can't redirect the walk.
struct ContainerPaths {
    let root: Int32

    static let inside: Resolution = [.inRoot, .noMagicLinks]
    /// Symbolic links of one path, as the kernel counts them.
    static let linkLimit = 40
    /// Parts of one path with the targets of its links.
    static let partLimit = 1024

    /// What a missing target is made as.
    enum Target { case directory, file }

    /// Opens with O_PATH; a missing file is `ENOENT`.
    func open(_ path: String, followLinks: Bool = true, flags: OpenFlags = []) throws(SystemCallError)
        -> OwnedDescriptor
    {
        try Files.open(
            path, in: root, flags: flags.union(followLinks ? [.path] : [.path, .noFollow]), resolve: Self.inside)
    }

    /// Opens a path on which no part is a link.
    func openWithoutLinks(_ path: String, flags: OpenFlags = []) throws(SystemCallError) -> OwnedDescriptor {
        try Files.open(
            path, in: root, flags: flags.union([.path, .noFollow]), resolve: Self.inside.union(.noSymbolicLinks))
    }

    /// Opens a directory for devices, and makes it with its parents. A link on the way is refused (`ELOOP`): an image would
    /// have the nodes made in a volume, which is the host's.
    func openOrMakeWithoutLinks(_ path: String) throws(SystemCallError) -> OwnedDescriptor {
        do throws(SystemCallError) { return try openWithoutLinks(path, flags: .directory) } catch {
            guard error.errno == .noSuchFile else { throw error }
        }
        _ = try openOrMake(path, .directory)
        return try openWithoutLinks(path, flags: .directory)
    }

    /// Opens with O_PATH, and makes what is missing with its parents: directories 0755, files 0644.
    func openOrMake(
        _ path: String, _ target: Target, followLinks: Bool = true
    ) throws(SystemCallError) -> OwnedDescriptor {
        var isNew = false
        return try openOrMake(path, target, followLinks: followLinks, isNew: &isNew)
    }

    /// - Parameter isNew: whether it was missing.
    func openOrMake(
        _ path: String, _ target: Target, followLinks: Bool, isNew: inout Bool
    ) throws(SystemCallError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            return try open(path, followLinks: followLinks)
        } catch {
            guard error.errno == .noSuchFile else { throw error }
        }
        isNew = true
        // Mostly only the last part is missing, and no link is on the way.
        if let place = try? existingParent(of: path), try make(target, place.name, in: place.directory.rawValue) {
            return try reopen(place)
        }
        let place = try makeParents(of: path, followLast: followLinks)
        // When another was faster, what is there now is looked at by who asked.
        _ = try make(target, place.name, in: place.directory.rawValue)
        return try reopen(place)
    }

    /// Opens what was just made; a link that was put in its place is refused.
    private func reopen(_ place: borrowing Place) throws(SystemCallError) -> OwnedDescriptor {
        try Files.open(
            place.name, in: place.directory.rawValue, flags: [.path, .noFollow],
            resolve: [.beneath, .noSymbolicLinks, .noMagicLinks])
    }

    /// False when something has the name.
    private func make(_ target: Target, _ name: String, in directory: Int32) throws(SystemCallError) -> Bool {
        guard name.isPathPart else { throw SystemCallError("mkdirat", name, .invalid) }
        do throws(SystemCallError) {
            switch target {
            case .directory: try Files.makeDirectory(name, in: directory, mode: 0o755)
            case .file:
                try Files.open(
                    name, in: directory, flags: [.readOnly, .create, .exclusive, .noFollow], mode: 0o644
                ).close()
            }
            return true
        } catch {
            guard error.errno == .exists else { throw error }
            return false
        }
    }

    private func existingParent(of path: String) throws(SystemCallError) -> Place {
        let parts = path.pathParts
        guard let name = parts.last, name.isPathPart else { throw SystemCallError("openat2", path, .invalid) }
        let parent = parts.count == 1 ? "/" : parts.dropLast().joined(separator: "/")
        return Place(directory: try open(parent, flags: .directory), name: name)
    }

    /// A directory and a name in it that needn't exist.
    struct Place: ~Copyable {
        var directory: OwnedDescriptor
        var name: String
    }

    /// Opens the directory in which the last part of a path stands, made with its parents when missing.
    ///
    /// - Parameter followLast: when the path ends in a link, the place it leads to is meant, even if nothing is there yet.
    func makeParents(of path: String, followLast: Bool) throws(SystemCallError) -> Place {
        // Walked part by part from the root each time: every step is one that can't leave it.
        var left = Array(path.pathParts.reversed())
        var walked: [String] = []
        var links = 0
        while let part = left.popLast() {
            if part == "." { continue }
            if part == ".." {
                _ = walked.popLast()
                continue
            }
            guard walked.count + left.count < Self.partLimit else {
                throw SystemCallError("openat2", path, .nameTooLong)
            }
            let isLast = left.isEmpty
            if let target = try link(walked, part), !isLast || followLast {
                links += 1
                guard links <= Self.linkLimit else { throw SystemCallError("openat2", path, .tooManySymbolicLinks) }
                if target.isAbsolutePath { walked = [] }
                left += target.pathParts.reversed()
                continue
            }
            if isLast { return Place(directory: try directory(walked), name: part) }
            try makeDirectory(walked, part)
            walked.append(part)
        }
        throw SystemCallError("openat2", path, .isDirectory)
    }

    /// The target when the name in a directory is a link.
    private func link(_ walked: [String], _ name: String) throws(SystemCallError) -> String? {
        let parent = try directory(walked)
        do throws(SystemCallError) {
            return try Files.target(ofLink: name, in: parent.rawValue)
        } catch {
            if error.errno == .invalid || error.errno == .noSuchFile { return nil }
            throw error
        }
    }

    private func makeDirectory(_ walked: [String], _ name: String) throws(SystemCallError) {
        let parent = try directory(walked)
        try Files.ensureDirectory(name, in: parent.rawValue, mode: 0o755)
    }

    private func directory(_ walked: [String]) throws(SystemCallError) -> OwnedDescriptor {
        try Files.open(
            walked.isEmpty ? "." : walked.joined(separator: "/"), in: root, flags: [.path, .directory],
            resolve: Self.inside.union(.noSymbolicLinks))
    }
}
