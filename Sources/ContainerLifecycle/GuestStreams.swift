import SystemCalls

/// What a workload's process has as its standard streams.
struct GuestStreams {
    /// nil is nothing to read: /dev/null.
    var input: Int32?
    var output: Int32
    var error: Int32
    /// The three are one terminal, which the process gets as its controlling one, in a session of its own.
    var isTerminal = false

    /// Those of the caller.
    static func inherited(input: Bool) -> GuestStreams { GuestStreams(input: input ? 0 : nil, output: 1, error: 2) }

    static func terminal(_ slave: Int32) -> GuestStreams {
        GuestStreams(input: slave, output: slave, error: slave, isTerminal: true)
    }

    /// In the child: puts them in place.
    func install() throws(SystemCallError) {
        if isTerminal {
            try Sessions.create()
            try Terminals.takeControl(of: output)
        }
        // From copies above all three: a source that is itself 0, 1 or 2 must not be overwritten by its neighbour.
        let sources = [input, output, error]
        for (number, source) in sources.enumerated() where source != Int32(number) {
            let copy: OwnedDescriptor
            if let source {
                copy = try Descriptors.duplicate(source, lowest: 3)
            } else {
                copy = try Files.open("/dev/null", flags: [.readOnly, .noControllingTerminal])
            }
            try Descriptors.place(copy.rawValue, at: Int32(number))
        }
    }
}
