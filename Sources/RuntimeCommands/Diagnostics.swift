import SystemCalls

/// What martlet itself says, as against what the guest says: lines on standard error that begin with `martlet:`.
enum Diagnostics {
    static func report(_ message: String) {
        // Nobody is left to tell when the terminal is gone.
        try? Files.writeAll(2, Array("martlet: \(message.printable(keepingLines: true))\n".utf8))
    }

    /// What a verb was asked for. Errors: it doesn't arrive, so that the verb hasn't done its work.
    static func print(_ text: String, newline: Bool = true) throws(CommandFailure) {
        do throws(SystemCallError) {
            try Files.writeAll(1, Array((newline ? text + "\n" : text).utf8))
        } catch { throw CommandFailure("standard output: \(error)") }
    }
}
