import CLauncher

/// What of a command's words tells whether a zygote may do it, and which.
///
/// They are looked at and not understood: whoever works for us parses them as `martlet-runtime` would, and declines what isn't
/// his. So it is enough never to ask for something that has to be done here.
struct ZygoteCommand {
    /// The socket of the zygote that is asked first; nil asks nobody.
    private(set) var zygote: UnsafePointer<CChar>?
    private(set) var preserved = 0
    private(set) var runs = false

    init(_ words: Words) {
        guard words[1] != nil else { return }
        var named: Word?
        var isRuntimes = words[1]?.begins(with: "-") ?? false
        var (creates, mayAsk) = (false, true)
        var index = 1
        while let word = words[index] {
            index += 1
            if word.equals("run") { runs = true }
            if word.equals("create") { creates = true }
            guard word.begins(with: "-") else { continue }
            if word.equals("--") { break }
            if word.begins(with: "--bundle") || word.begins(with: "-b") { isRuntimes = true }
            // The caller's keyring is bound to the caller.
            if word.begins(with: "--no-new-keyring") { mayAsk = false }
            if word.equals("--zygote") { named = words[index] }
            if let value = word.value(of: "--zygote") { named = value }
            var count = word.value(of: "--preserve-fds")
            if word.equals("--preserve-fds") { count = words[index] }
            if let count {
                guard let number = count.number else { return }
                preserved = number
            }
        }
        runs = runs && !creates
        guard mayAsk, runs || creates, named != nil || isRuntimes else { return }
        // A service manager takes the word of its service's own process.
        if runs, words.variable("NOTIFY_SOCKET") != nil { return }
        guard let socket = named ?? words.variable("MARTLET_ZYGOTE") else {
            if runs { zygote = Self.usualPath(words) }
            return
        }
        if !socket.equals("none"), socket.bytes[0] != 0 { zygote = socket.bytes }
    }

    /// Where `run` looks for one: beside the state of what runs (`StateDirectory.defaultPath`).
    private static func usualPath(_ words: Words) -> UnsafePointer<CChar>? {
        let user = Kernel.user
        let runtime = words.variable("XDG_RUNTIME_DIR")
        if user == 0, runtime == nil || Kernel.inode("/proc/self/ns/user") == firstUserNamespace {
            return UnsafeRawPointer(Text("/run/martlet/zygote.sock").utf8Start).assumingMemoryBound(to: CChar.self)
        }
        let path = launcher_path()
        guard let runtime, runtime.begins(with: "/") else { return nil }
        let count = runtime.count
        guard count < Int(LAUNCHER_PATH) - 64 else { return nil }
        for index in 0..<count { path[index] = runtime.bytes[index] }
        Text("/martlet/zygote.sock").copy(to: path + count)
        return UnsafePointer(path)
    }

    /// It has a fixed number.
    private static let firstUserNamespace: UInt = 0xEFFF_FFFD
}
