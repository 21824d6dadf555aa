/// The first word of a process: a program, or `program#export` for one export of it.
struct EntryPointName {
    let path: String
    let export: String?

    init(_ word: String) {
        let parts = word.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map(String.init) ?? ""
        export = parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
    }

    /// Where the program may be, absolute paths of the guest in the order in which they are tried.
    ///
    /// A path with a slash means one file. A bare name is taken from the working directory and from `/`, as wasm images
    /// are written, then from the directories of the guest's own `PATH`.
    func candidates(in workingDirectory: String, path environment: [String]) -> [String] {
        let own = GuestPath.joined(workingDirectory, path)
        if path.contains("/") { return [own] }
        let search = environment.last { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? ""
        var places = [own, GuestPath.joined("/", path)]
        for directory in search.split(separator: ":").prefix(64) where directory.hasPrefix("/") {
            places.append(GuestPath.joined(String(directory), path))
        }
        return places.enumerated().filter { !places[..<$0.offset].contains($0.element) }.map(\.element)
    }
}
