import SystemCalls

/// Connects our own terminal with the one of the guest.
struct TerminalRelay: StreamRelay, ~Copyable {
    /// Closed, which hangs up on the guest, when one of the two sides is gone.
    private var master: OwnedDescriptor?
    private let raw: RawMode?
    private var readsInput: Bool
    /// Keys that the guest's terminal didn't take yet; no more are read until it did.
    private var pending: [UInt8] = []
    private var output: OutputQueue

    private static let chunk = 16_384
    /// Ends a line-wise reader's input (VEOF of a new terminal).
    private static let endOfInput: UInt8 = 4

    /// Our own mode is restored when the relay ends, on every way out.
    init(master: consuming OwnedDescriptor, interactive: Bool) throws(SystemCallError) {
        try Descriptors.setStatusFlags(
            master.rawValue, try Descriptors.statusFlags(master.rawValue) | OpenFlags.nonBlocking.rawValue)
        let raw = try interactive && Terminals.isTerminal(0) ? RawMode(of: 0) : nil
        self.master = consume master
        output = OutputQueue()
        self.raw = raw
        readsInput = interactive
    }

    /// The first of our streams that is a terminal.
    static var ownTerminal: Int32? { [0, 1, 2].first { Terminals.isTerminal($0) } }

    /// Gives the guest's terminal our size, or a customary one.
    static func adoptSize(of terminal: Int32?, for master: Int32) {
        let size = terminal.flatMap { try? Terminals.size(of: $0) }
        try? Terminals.setSize(of: master, to: size ?? Terminals.Size(rows: 24, columns: 80))
    }

    private var number: Int32? {
        switch master {
        case .some(let descriptor): descriptor.rawValue
        case .none: nil
        }
    }

    mutating func windowChanged() {
        if let master = number { Self.adoptSize(of: Self.ownTerminal, for: master) }
    }

    var requests: [PollRequest] {
        var requests: [PollRequest] = []
        if !output.isEmpty { requests.append(PollRequest(output.descriptor, .writable)) }
        guard let master = number else { return requests }
        var toMaster: PollEvents = pending.isEmpty ? [] : .writable
        if !output.isFull { toMaster.insert(.readable) }
        // Even asked for nothing, a terminal would be found hung up, over and over.
        if !toMaster.isEmpty { requests.append(PollRequest(master, toMaster)) }
        if readsInput, pending.isEmpty { requests.append(PollRequest(0, .readable)) }
        return requests
    }

    mutating func serve(_ found: ArraySlice<PollRequest>) throws(SystemCallError) {
        for request in found where !request.found.isEmpty {
            switch request.descriptor {
            case output.descriptor: try writeOutput()
            case 0: try readInput()
            default: try serveMaster(request.found)
            }
        }
    }

    private mutating func serveMaster(_ found: PollEvents) throws(SystemCallError) {
        if found.contains(.writable) { try flush() }
        // Nobody is left who could read them.
        if found.contains(.hangUp) { pending = [] }
        if !output.isFull, !found.isDisjoint(with: [.readable, .hangUp, .error]) { _ = try takeOutput() }
    }

    mutating func finish() throws(SystemCallError) -> Bool {
        readsInput = false
        while !output.isFull, try takeOutput() {}
        return output.isEmpty
    }

    /// From the guest to the queue; false when there is nothing (yet, or any more).
    private mutating func takeOutput() throws(SystemCallError) -> Bool {
        guard let number else { return false }
        do throws(SystemCallError) {
            let bytes = try Self.read(number)
            if bytes.isEmpty { master = nil }
            output.append(bytes)
            return !bytes.isEmpty
        } catch {
            switch error.errno {
            case .again: return false
            // All of the guest's ends are closed.
            case .inputOutput:
                master = nil
                return false
            default: throw error
            }
        }
    }

    /// From the queue to our standard output.
    private mutating func writeOutput() throws(SystemCallError) {
        do throws(SystemCallError) { try output.write() } catch {
            guard error.errno == .inputOutput || error.errno == .brokenPipe else { throw error }
            // Nobody looks any more: a guest whose terminal is gone hears of it.
            output.discard()
            master = nil
        }
    }

    private mutating func readInput() throws(SystemCallError) {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try Self.read(0)
        } catch {
            if error.errno == .again { return }
            // The terminal is gone, or we are in its background: no more keys.
            readsInput = false
            return
        }
        if bytes.isEmpty {
            readsInput = false
            pending = [Self.endOfInput]
        } else {
            pending = bytes
        }
        try flush()
    }

    private mutating func flush() throws(SystemCallError) {
        while !pending.isEmpty, let number {
            do throws(SystemCallError) {
                let count = try pending.withUnsafeBufferPointer { (buffer) throws(SystemCallError) in
                    try Files.write(number, UnsafeRawBufferPointer(buffer))
                }
                pending.removeFirst(count)
            } catch {
                if error.errno == .again { return }
                pending = []
                readsInput = false
                if error.errno != .inputOutput { throw error }
            }
        }
    }

    private static func read(_ descriptor: Int32) throws(SystemCallError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: chunk)
        let count = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemCallError) in
            try Files.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
        }
        bytes.removeSubrange(count...)
        return bytes
    }
}
