import SystemCalls

/// Carries what a workload in the background writes into its log.
struct LogRelay: StreamRelay, ~Copyable {
    private struct Source {
        var descriptor: Int32
        var stream: LogLine.Stream
        var isOpen = true
    }

    private var sources: [Source]
    private var writer: LogWriter
    private var area: [UInt8]
    // Owners of what `sources` names; closed with the relay.
    private let output: OwnedDescriptor
    private let error: OwnedDescriptor?

    /// As much as a pipe holds.
    private static let chunk = 65_536

    /// - Parameter error: nil when both streams come through one terminal.
    init(
        output: consuming OwnedDescriptor, error: consuming OwnedDescriptor?, writer: consuming LogWriter
    ) throws(SystemCallError) {
        sources = [Source(descriptor: output.rawValue, stream: .output)]
        if let number = error?.rawValue { sources.append(Source(descriptor: number, stream: .error)) }
        area = [UInt8](repeating: 0, count: Self.chunk)
        self.output = output
        self.error = error
        self.writer = writer
        for source in sources {
            let flags = try Descriptors.statusFlags(source.descriptor)
            try Descriptors.setStatusFlags(source.descriptor, flags | OpenFlags.nonBlocking.rawValue)
        }
    }

    /// What it holds open.
    var descriptors: [Int32] { sources.map(\.descriptor) + writer.descriptors }

    var requests: [PollRequest] { sources.filter(\.isOpen).map { PollRequest($0.descriptor, .readable) } }

    mutating func serve(_ found: ArraySlice<PollRequest>) throws(SystemCallError) {
        for request in found where !request.found.isEmpty {
            if let index = sources.firstIndex(where: { $0.descriptor == request.descriptor }) { move(index) }
        }
    }

    mutating func windowChanged() {}

    /// Whatever is left in the pipes; a process that the workload left behind can't hold us up.
    mutating func finish() -> Bool {
        for index in sources.indices {
            while sources[index].isOpen, move(index) {}
            writer.finish(sources[index].stream)
        }
        return true
    }

    /// One piece; false when there is none now.
    @discardableResult
    private mutating func move(_ index: Int) -> Bool {
        let descriptor = sources[index].descriptor
        do throws(SystemCallError) {
            let count = try area.withUnsafeMutableBufferPointer { (buffer) throws(SystemCallError) in
                try Files.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
            }
            if count == 0 { sources[index].isOpen = false }
            writer.append(area[..<count], of: sources[index].stream)
            return count > 0
        } catch {
            // EIO is how a terminal says that its other side is closed.
            if error.errno != .again { sources[index].isOpen = false }
            return false
        }
    }
}
