import SystemCalls

/// What a container's log may take.
public struct LogLimits: Hashable, Sendable {
    /// Bytes of one file; then the next one is begun.
    public var fileSize: Int64
    /// Files that are kept, the current one included.
    public var files: Int
    /// Bytes of a line; a longer one is split.
    public var lineLength: Int

    public init(fileSize: Int64 = 10 << 20, files: Int = 3, lineLength: Int = 16_384) {
        self.fileSize = max(fileSize, 4096)
        self.files = max(files, 1)
        self.lineLength = max(lineLength, 64)
    }
}

/// Writes what a workload says into its log, line by line, within limits.
///
/// A log that can't be written (a full disk) loses lines; the workload isn't held up by it.
struct LogWriter: ~Copyable {
    private let directory: OwnedDescriptor
    private let limits: LogLimits
    private var file: OwnedDescriptor
    private var size: Int64
    private var unfinished: [LogLine.Stream: [UInt8]] = [:]

    private static let newline = UInt8(ascii: "\n")

    /// - Parameter directory: the container's.
    init(directory: consuming OwnedDescriptor, limits: LogLimits) throws(SystemCallError) {
        let file = try Self.open(directory.rawValue)
        let size = try FileStatus.of(file.rawValue).size
        self.file = file
        self.size = size
        self.directory = directory
        self.limits = limits
    }

    /// What it holds open.
    var descriptors: [Int32] { [directory.rawValue, file.rawValue] }

    private static func open(_ directory: Int32) throws(SystemCallError) -> OwnedDescriptor {
        try Files.open(
            StateDirectory.logFile, in: directory, flags: [.writeOnly, .create, .append, .noFollow], mode: 0o600)
    }

    /// Takes what a stream said, in pieces as they come.
    mutating func append(_ bytes: ArraySlice<UInt8>, of stream: LogLine.Stream) {
        var pending = unfinished.removeValue(forKey: stream) ?? []
        var output: [UInt8] = []
        let time = Clocks.now(.realtime)
        var rest = bytes
        while let first = rest.first {
            if first == Self.newline {
                add(LogLine(time: time, stream: stream, isComplete: true, text: pending[...]), to: &output)
                pending = []
                rest = rest.dropFirst()
                continue
            }
            if pending.count == limits.lineLength {
                add(LogLine(time: time, stream: stream, isComplete: false, text: pending[...]), to: &output)
                pending = []
            }
            let piece = rest.prefix(limits.lineLength - pending.count).prefix { $0 != Self.newline }
            pending += piece
            rest = rest.dropFirst(piece.count)
        }
        unfinished[stream] = pending
        write(output)
    }

    /// Collects lines for one write, as long as they fit into the file.
    private mutating func add(_ line: LogLine, to output: inout [UInt8]) {
        let bytes = line.bytes
        if !output.isEmpty, size + Int64(output.count + bytes.count) > limits.fileSize {
            write(output)
            output = []
        }
        output += bytes
    }

    /// The stream ended: writes what had no newline yet, as a line that goes on.
    mutating func finish(_ stream: LogLine.Stream) {
        guard let pending = unfinished.removeValue(forKey: stream), !pending.isEmpty else { return }
        write(LogLine(time: Clocks.now(.realtime), stream: stream, isComplete: false, text: pending[...]).bytes)
    }

    private mutating func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if size > 0, size + Int64(bytes.count) > limits.fileSize { rotate() }
        guard (try? Files.writeAll(file.rawValue, bytes)) != nil else { return }
        size += Int64(bytes.count)
    }

    /// `log` becomes `log.1`, that `log.2`, and the oldest goes. When it can't be done, the current file goes on.
    private mutating func rotate() {
        do throws(SystemCallError) {
            for number in stride(from: limits.files - 1, through: 1, by: -1) {
                try shift(from: LogFiles.name(number - 1), to: LogFiles.name(number))
            }
            if limits.files == 1 { try Files.unlink(StateDirectory.logFile, in: directory.rawValue) }
            file = try Self.open(directory.rawValue)
            size = 0
        } catch {}
    }

    private func shift(from old: String, to new: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try Files.rename(old, in: directory.rawValue, to: new, in: directory.rawValue)
        } catch {
            if error.errno != .noSuchFile { throw error }
        }
    }
}

/// The names of a log and of its older parts.
enum LogFiles {
    /// 0 is the current one.
    static func name(_ number: Int) -> String {
        number == 0 ? StateDirectory.logFile : "\(StateDirectory.logFile).\(number)"
    }
}
