import CLauncher

/// `martlet`: has a zygote do what is asked for, or else becomes `martlet-runtime`, which does it.
///
/// It comes before every command, and when a zygote serves it is all that a command costs: so it has no library to load, no
/// memory to manage and nothing to relocate. It decides nothing: the words go to whoever does the work as they are.
@_cdecl("martlet_launch")
public func launch(_ stack: UnsafeMutableRawPointer) -> Never {
    let words = Words(stack)
    let command = ZygoteCommand(words)
    if let path = command.zygote {
        switch Attendance.ask(path, command, words) {
        case .ended(let status): Kernel.exit(status)
        case .lost: becomeRuntime(words, lost: true)
        case .undone: break
        }
    }
    becomeRuntime(words, lost: false)
}

/// - Parameter lost: whether the process that worked for us ended without a word. Nothing is left to do but to say so, where
///   the command's errors go.
private func becomeRuntime(_ words: Words, lost: Bool) -> Never {
    let path = launcher_path()
    var count = Kernel.readLink("/proc/self/exe", into: path, limit: Int(LAUNCHER_PATH) / 2)
    while count > 0, path[count - 1] != CChar(bitPattern: UInt8(ascii: "/")) { count -= 1 }
    guard count > 0 else {
        Kernel.say("martlet: can't tell where it is installed: /proc/self/exe can't be read\n")
        Kernel.exit(127)
    }
    Text("martlet-runtime").copy(to: path + count)
    var environment: (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (launcher_lost(), nil)
    let errno = withUnsafeMutablePointer(to: &environment) { telling in
        let list = UnsafeMutableRawPointer(telling).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
        return Kernel.execute(path, words.list, lost ? list : words.environment)
    }
    Kernel.say("martlet: ")
    Kernel.say(Word(bytes: path))
    Kernel.say(errno == ENOENT ? " isn't there: it has to be installed beside martlet\n" : " can't be executed\n")
    Kernel.exit(127)
}
