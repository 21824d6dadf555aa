import CLinuxShims

/// What ps(1) and others show of this process.
public enum ProcessTitle {
    /// What the kernel keeps of a name.
    private static let nameLimit = 15
    /// What the kernel shows of a title, in bytes; nobody looks for more arguments than that.
    private static let limit = 4096

    /// Shows these arguments as the process's own, and the first one's last part as its name.
    ///
    /// Written where the arguments are that the process was started with: more than there is room for is cut off, and takes
    /// the environment's room before. `Environment` is empty then, and nothing is left of it at its place. Costs a copy of one page. For a process with one thread.
    public static func show(_ arguments: [String]) {
        guard let first = arguments.first else { return }
        var bytes: [CChar] = []
        for argument in arguments where bytes.count < limit {
            bytes += argument.utf8.prefix(limit).map(CChar.init(bitPattern:))
            bytes.append(0)
        }
        let name = (first.pathParts.last ?? "").utf8.prefix(nameLimit).map(CChar.init(bitPattern:)) + [0]
        martlet_title_set(name, bytes, bytes.count)
    }
}
