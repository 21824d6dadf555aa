import SystemCalls

/// Prints a container's log, each stream to its own descriptor.
public struct LogReader {
    /// Goes on until the container ended.
    public var follow: Bool
    /// Only so many lines from the end.
    public var tail: Int?
    /// Only lines from then on; nanoseconds since the epoch.
    public var since: UInt64?
    /// Begins each line with its time.
    public var timestamps: Bool

    private let state: StateDirectory
    private let id: ContainerID

    public init(
        state: StateDirectory, id: ContainerID, follow: Bool = false, tail: Int? = nil, since: UInt64? = nil,
        timestamps: Bool = false
    ) {
        self.state = state
        self.id = id
        self.follow = follow
        self.tail = tail
        self.since = since
        self.timestamps = timestamps
    }

    /// How often a followed log is looked at.
    private static let interval: UInt64 = 50_000_000

    /// Returns when all is printed, or when nobody reads it any more.
    public func run(output: Int32 = 1, error: Int32 = 2) throws(LifecycleError) {
        do throws(SystemCallError) {
            var cursor = try LogCursor(directory: try state.open(id))
            var printer = LogPrinter(output: output, error: error, timestamps: timestamps)
            var skipped = try linesToSkip(&cursor)
            while true {
                // Asked before the last look at the file: what is written until then is still seen.
                let isLast = !follow || !isSupervised
                while let line = try cursor.next() {
                    guard isWanted(line) else { continue }
                    if skipped > 0 {
                        skipped -= line.isComplete ? 1 : 0
                        continue
                    }
                    try printer.print(line)
                }
                if isLast { return }
                var nothing: [PollRequest] = []
                _ = try Poll.wait(&nothing, timeout: Self.interval)
            }
        } catch {
            if error.errno == .brokenPipe { return }
            throw .system(doing: "reading the log of \(id.short)", error)
        }
    }

    private var isSupervised: Bool { (try? state.record(of: id))?.supervisor?.isAlive ?? false }

    private func isWanted(_ line: LogLine) -> Bool { since.map { line.time >= $0 } ?? true }

    private func linesToSkip(_ cursor: inout LogCursor) throws(SystemCallError) -> Int {
        guard let tail else { return 0 }
        var lines = 0
        var endsOpen = false
        while let line = try cursor.next() {
            guard isWanted(line) else { continue }
            lines += line.isComplete ? 1 : 0
            endsOpen = !line.isComplete
        }
        try cursor.rewind()
        return max(0, lines + (endsOpen ? 1 : 0) - max(tail, 0))
    }
}

/// Writes lines as the workload wrote them.
private struct LogPrinter {
    let output: Int32
    let error: Int32
    let timestamps: Bool
    /// Streams in the middle of a line.
    private var continued: Set<LogLine.Stream> = []

    init(output: Int32, error: Int32, timestamps: Bool) {
        self.output = output
        self.error = error
        self.timestamps = timestamps
    }

    mutating func print(_ line: LogLine) throws(SystemCallError) {
        var bytes: [UInt8] = []
        if timestamps, !continued.contains(line.stream) { bytes += Array("\(Timestamp.text(of: line.time)) ".utf8) }
        bytes += line.text
        if line.isComplete {
            bytes.append(UInt8(ascii: "\n"))
            continued.remove(line.stream)
        } else {
            continued.insert(line.stream)
        }
        try Files.writeAll(line.stream == .output ? output : error, bytes)
    }
}
