/// One line of a container's log, in the format of Kubernetes' container runtime interface: time, stream, `F` or `P`, text.
public struct LogLine: Hashable, Sendable {
    /// Which of the workload's two streams said it, as the interface names them.
    public enum Stream: String, Hashable, Sendable {
        case output = "stdout"
        case error = "stderr"
    }

    /// Nanoseconds since the epoch.
    public var time: UInt64
    public var stream: Stream
    /// Whether the line ended here; otherwise the next one of the stream goes on with it.
    public var isComplete: Bool
    /// Without the newline.
    public var text: ArraySlice<UInt8>

    init(time: UInt64, stream: Stream, isComplete: Bool, text: ArraySlice<UInt8>) {
        self.time = time
        self.stream = stream
        self.isComplete = isComplete
        self.text = text
    }

    private static let space = UInt8(ascii: " ")

    /// With its newline.
    var bytes: [UInt8] {
        var bytes = Array(Timestamp.text(of: time).utf8)
        bytes.reserveCapacity(bytes.count + text.count + 12)
        bytes += Array(" \(stream.rawValue) \(isComplete ? "F" : "P") ".utf8)
        bytes += text
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// nil when it isn't such a line, as after a crash in its middle.
    init?(reading line: ArraySlice<UInt8>) {
        let fields = line.split(separator: Self.space, maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4, let time = Timestamp.nanoseconds(String(decoding: fields[0], as: UTF8.self)),
            let stream = Stream(rawValue: String(decoding: fields[1], as: UTF8.self)),
            let tag = fields[2].first, fields[2].count == 1
        else { return nil }
        self.init(time: time, stream: stream, isComplete: tag == UInt8(ascii: "F"), text: fields[3])
    }
}
