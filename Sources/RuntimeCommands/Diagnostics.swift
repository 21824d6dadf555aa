import SystemCalls

/// What martlet itself says, as against what the guest says: lines on standard error that begin with `martlet:`.
enum Diagnostics {
    static func report(_ message: String) {
        write("martlet: \(message.printable(keepingLines: true))\n", to: 2)
    }

    static func print(_ text: String, newline: Bool = true) {
        write(newline ? text + "\n" : text, to: 1)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        // Nobody is left to tell when the terminal is gone.
        try? Files.writeAll(descriptor, Array(text.utf8))
    }
}
