import SystemCalls

/// What the guest's terminal said and our standard output didn't take yet.
struct OutputQueue: ~Copyable {
    private var bytes: [UInt8] = []
    private let opening: OwnedDescriptor?

    /// With so many bytes nothing more is taken from the guest: it waits, as it would for a slow terminal.
    private static let limit = 65_536
    /// What a pipe or socket that poll(2) calls writable takes without waiting (pipe(7), PIPE_BUF).
    private static let chunk = 4096

    /// A terminal promises room for one byte only, so it is written through an opening of our own that never waits: the flag
    /// on the one that we were given would be everybody's who has it.
    init() {
        opening =
            Terminals.isTerminal(1)
            ? try? Files.open("/proc/self/fd/1", flags: [.writeOnly, .nonBlocking, .noControllingTerminal]) : nil
    }

    var descriptor: Int32 {
        switch opening {
        case .some(let own): own.rawValue
        case .none: 1
        }
    }
    var isEmpty: Bool { bytes.isEmpty }
    var isFull: Bool { bytes.count >= Self.limit }

    mutating func append(_ more: [UInt8]) { bytes += more }

    mutating func discard() { bytes = [] }

    /// Writes what is taken now. To be called when poll(2) says that `descriptor` is writable.
    mutating func write() throws(SystemCallError) {
        guard !bytes.isEmpty else { return }
        do throws(SystemCallError) {
            let count = try bytes.withUnsafeBufferPointer { (buffer) throws(SystemCallError) in
                try Files.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer).prefix(Self.chunk)))
            }
            bytes.removeFirst(count)
        } catch {
            // Somebody else filled it meanwhile.
            if error.errno != .again { throw error }
        }
    }
}
