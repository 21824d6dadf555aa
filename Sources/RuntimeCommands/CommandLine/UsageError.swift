/// A command line that can't be followed, or one that asks for help.
struct UsageError: Error {
    let message: String
    /// Help was asked for: printed to standard output, and the exit status is 0.
    let isHelp: Bool

    init(_ message: String, verb: String? = nil) {
        self.message = message + "; see martlet \(verb.map { $0.isEmpty ? "" : "\($0) " } ?? "")--help"
        isHelp = false
    }

    init(help: String) {
        message = help
        isHelp = true
    }
}
