import JSON
import SystemCalls

/// One container's directory: its record with the copy of its configuration, the socket that its first process listens on.
///
/// The record is one file, since making and removing files is what takes time here: the length of the configuration in a line,
/// the configuration, and then a line for each state of the record, the last of which counts. A line is appended by one write;
/// one that a crash cut off has no end, and doesn't count.
struct ContainerDirectory: ~Copyable {
    private let descriptor: OwnedDescriptor

    static let recordFile = "record"
    static let socket = "init.sock"
    /// A record with its configuration is smaller; a larger file isn't ours.
    static let sizeLimit = 16 << 20
    /// The first line with a state: with a configuration of the greatest length, there is room for those that follow.
    static let lineLimit = 2 << 20

    private static let newline = UInt8(ascii: "\n")

    init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    var rawValue: Int32 { descriptor.rawValue }

    /// Lets others change the container.
    func unlock() { try? Files.unlock(descriptor.rawValue) }

    /// A short path to a file here, whatever the directory's own path is: the name of a socket holds 107 bytes.
    func path(of name: String) -> String { "/proc/self/fd/\(descriptor.rawValue)/\(name)" }

    /// Puts a new container on record.
    ///
    /// - Parameter configuration: kept as it was when the container was made: later changes of the bundle mean nothing to it.
    ///
    /// Errors: annotations that are too long to be read again.
    func create(_ state: BundleState, configuration: [UInt8]) throws(RuntimeFailure) {
        let line = Self.line(state)
        guard line.count <= Self.lineLimit else {
            throw RuntimeFailure(
                .refused, "annotations: the record would have \(line.count) bytes, at most \(Self.lineLimit) are kept")
        }
        do throws(SystemCallError) {
            let file = try Files.open(
                Self.recordFile, in: descriptor.rawValue, flags: [.writeOnly, .create, .exclusive, .noFollow],
                mode: 0o600)
            var bytes = Array("\(configuration.count)\n".utf8)
            bytes.reserveCapacity(configuration.count + 4096)
            bytes += configuration
            bytes.append(Self.newline)
            bytes += line
            try Files.writeAll(file.rawValue, bytes)
            try file.close()
        } catch { throw RuntimeFailure(.system, "writing the record of \(state.id): \(error)") }
    }

    /// Changes the record. The lock is held, so that nobody else does.
    func write(_ state: BundleState) throws(RuntimeFailure) {
        do throws(SystemCallError) {
            let file = try Files.open(
                Self.recordFile, in: descriptor.rawValue, flags: [.writeOnly, .append, .noFollow])
            // A line that a crash cut off doesn't become a part of this one.
            try Files.writeAll(file.rawValue, [Self.newline] + Self.line(state))
            try file.close()
        } catch { throw RuntimeFailure(.system, "writing the record of \(state.id): \(error)") }
    }

    private static func line(_ state: BundleState) -> [UInt8] { state.json.bytes(.compact) + [newline] }

    /// The container's record; nil when there is none yet, or none any more.
    func state() throws(RuntimeFailure) -> BundleState? {
        guard let bytes = try contents() else { return nil }
        guard let last = try Self.lines(bytes).last else { throw Self.damaged("it has no line") }
        do throws(JSONError) { return try BundleState(reading: Array(last)) } catch {
            throw Self.damaged("\(error)")
        }
    }

    /// What a damaged record said last that can be read: for who removes what is left.
    func earlierState() -> BundleState? {
        guard let bytes = try? contents(), let lines = try? Self.lines(bytes) else { return nil }
        for line in lines.reversed() {
            if let state = try? BundleState(reading: Array(line)) { return state }
        }
        return nil
    }

    /// Those with a state. What stands behind the last end of a line was cut off.
    private static func lines(_ bytes: [UInt8]) throws(RuntimeFailure) -> [ArraySlice<UInt8>] {
        try parts(bytes).lines.split(separator: newline, omittingEmptySubsequences: false).dropLast()
            .filter { !$0.isEmpty }
    }

    /// The configuration with which the container was made.
    func configuration() throws(RuntimeFailure) -> [UInt8] {
        guard let bytes = try contents() else { throw Self.damaged("it is gone") }
        return Array(try Self.parts(bytes).configuration)
    }

    private func contents() throws(RuntimeFailure) -> [UInt8]? {
        do throws(SystemCallError) {
            return try Files.contents(of: Self.recordFile, in: descriptor.rawValue, limit: Self.sizeLimit)
        } catch {
            if error.errno == .noSuchFile { return nil }
            throw RuntimeFailure(.system, "reading the record of a container: \(error)")
        }
    }

    private static func parts(
        _ bytes: [UInt8]
    ) throws(RuntimeFailure) -> (configuration: ArraySlice<UInt8>, lines: ArraySlice<UInt8>) {
        guard let end = bytes.prefix(20).firstIndex(of: newline),
            let count = Int(String(decoding: bytes[..<end], as: UTF8.self)), count >= 0, count < bytes.count - end - 1
        else { throw damaged("its first line isn't the length of a configuration") }
        let begin = end + 1
        return (bytes[begin..<begin + count], bytes[(begin + count)...])
    }

    private static func damaged(_ reason: String) -> RuntimeFailure {
        RuntimeFailure(.system, "the record of a container is damaged: \(reason)")
    }

    /// The socket on which the first process waits for `start`.
    func listen() throws(SystemCallError) -> OwnedDescriptor {
        try LocalSockets.listen(at: path(of: Self.socket), keepsBounds: true)
    }

    func connect() throws(SystemCallError) -> OwnedDescriptor {
        try LocalSockets.connect(to: path(of: Self.socket), keepsBounds: true)
    }
}
