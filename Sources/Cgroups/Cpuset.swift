import SystemCalls

/// Groups of cpuset in version 1: born without processors and memory nodes, and nobody can enter them so.
enum Cpuset {
    private static let names = ["cpus", "mems"]

    /// Gives an empty group what the group above it has, and that one first. The tree's root is never empty.
    static func inherit(_ directory: String) throws(SystemCallError) {
        var empty: [String] = []
        for name in names where try value(name, of: directory).text.isEmpty { empty.append(name) }
        guard !empty.isEmpty, let slash = directory.lastIndex(of: "/") else { return }
        let parent = String(directory[..<slash])
        try inherit(parent)
        for name in empty {
            let (text, file) = try value(name, of: parent)
            try GroupFile.write(text, to: file, of: directory)
        }
    }

    /// Makes a group above containers ready, and lets those that are made in it begin with what it has.
    ///
    /// A failure shows later, and is told then, when a container's process is put into its group.
    static func handDown(_ directory: String) {
        do throws(SystemCallError) {
            try inherit(directory)
            try GroupFile.write("1", to: "cgroup.clone_children", of: directory)
        } catch {}
    }

    /// Mounts with `noprefix` name the files without the controller.
    private static func value(_ name: String, of directory: String) throws(SystemCallError) -> (
        text: String, file: String
    ) {
        for file in ["cpuset.\(name)", name] {
            do throws(SystemCallError) {
                return (try GroupFile.words(file, of: directory).first.map(String.init) ?? "", file)
            } catch {
                guard error.errno == .noSuchFile, file != name else { throw error }
            }
        }
        return ("", name)
    }
}
