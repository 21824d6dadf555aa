import SystemCalls

/// Raw mode of a terminal for as long as this value lives.
struct RawMode: ~Copyable {
    private let terminal: Int32
    private let saved: Terminals.Mode

    init(of terminal: Int32) throws(SystemCallError) {
        self.terminal = terminal
        saved = try Terminals.makeRaw(terminal)
    }

    deinit {
        // A terminal that is gone needs no restoring.
        try? Terminals.restore(terminal, to: saved)
    }
}
