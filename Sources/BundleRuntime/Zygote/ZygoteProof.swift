import CZygoteProtocol
import SystemCalls

/// What shows that a client may look into the zygote's process, and so is confined by nothing that the zygote isn't.
///
/// `/proc` tells a process's capabilities, filters and namespaces, but not its Landlock rules, and they don't keep it from a
/// socket that stands at a path. But who is confined by rules may not trace who isn't, nor read where the links in its
/// `/proc/PID/fd` lead: one of them leads to a file whose name nobody guesses.
enum ZygoteProof {
    /// A file without contents, which takes the zygote's descriptors below `lowestOwn` that are free, so that they stay free of its
    /// own: a forked process closes it, and puts there what its client handed over.
    static func occupy(below lowestOwn: Int32) throws(SystemCallError) {
        var numbers = SystemRandomNumberGenerator()
        let secret = [numbers.next(), numbers.next()].map { String($0, radix: 16) }
        let file = try ProcessAttributes.memoryFile("martlet-zygote-\(secret[0])-\(secret[1])")
        for number in 3..<lowestOwn where number == MARTLET_ZYGOTE_PROOF || !Descriptors.isOpen(number) {
            try Descriptors.place(file.rawValue, at: number)
            try Descriptors.setCloseOnExec(number, true)
        }
        // It is one of them, or stands above and isn't needed any more.
        if file.rawValue < lowestOwn { _ = file.release() }
    }

    /// What a client reads, if it may.
    static func expected() throws(SystemCallError) -> String {
        try Files.target(ofLink: "/proc/self/fd/\(MARTLET_ZYGOTE_PROOF)")
    }
}
