import SystemCalls

/// Reads the lines of a log in their order, through its older parts and over rotations that happen meanwhile.
struct LogCursor: ~Copyable {
    private let directory: OwnedDescriptor
    private var file: OwnedDescriptor?
    private var buffer: [UInt8] = []
    private var position = 0

    /// More parts than any log has.
    private static let partLimit = 1000
    private static let chunk = 65_536
    /// A longer line was never written by us: it is passed over.
    private static let lineLimit = 1 << 20

    init(directory: consuming OwnedDescriptor) throws(SystemCallError) {
        self.directory = directory
        try rewind()
    }

    /// Back to the oldest line that is kept.
    mutating func rewind() throws(SystemCallError) {
        file = nil
        buffer = []
        position = 0
        var oldest = 0
        while oldest + 1 < Self.partLimit, exists(oldest + 1) { oldest += 1 }
        file = try open(oldest)
    }

    /// The next line; nil when there is none yet.
    mutating func next() throws(SystemCallError) -> LogLine? {
        while true {
            if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[position..<end]
                position = end + 1
                if let line = LogLine(reading: line) { return line }
                continue
            }
            if try !fill() { return nil }
        }
    }

    /// Reads more, from the next part when this one is at its end; false when there is nothing more now.
    private mutating func fill() throws(SystemCallError) -> Bool {
        buffer.removeSubrange(..<position)
        position = 0
        if buffer.count > Self.lineLimit { buffer = [] }
        while true {
            guard let descriptor = file?.rawValue else {
                file = try open(0)
                if file == nil { return false }
                continue
            }
            // Which part it is has to be known before its end is seen: a rotated part gets no more lines.
            let part = try partNumber(of: descriptor)
            let count = try read(descriptor)
            if count > 0 { return true }
            guard let part, part > 0 else { return false }
            // The rest of a line that a crash cut off.
            buffer = []
            file = try open(part - 1)
        }
    }

    private mutating func read(_ descriptor: Int32) throws(SystemCallError) -> Int {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.chunk))
        let count = try buffer.withUnsafeMutableBufferPointer { (area) throws(SystemCallError) in
            try Files.read(
                descriptor, into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: area[start...])))
        }
        buffer.removeSubrange((start + count)...)
        return count
    }

    /// What the open file is called now; nil when it has been removed.
    private func partNumber(of descriptor: Int32) throws(SystemCallError) -> Int? {
        let own = try FileStatus.of(descriptor)
        for number in 0..<Self.partLimit {
            guard let status = try? FileStatus.of(LogFiles.name(number), in: directory.rawValue) else {
                // Between two steps of a rotation the current one is missing.
                if number == 0 { continue }
                break
            }
            if status.inode == own.inode, status.device == own.device { return number }
        }
        // The oldest part was removed while it was read: go on with what is now the oldest.
        var oldest = 0
        while exists(oldest + 1) { oldest += 1 }
        return own.links == 0 ? oldest + 1 : nil
    }

    private func exists(_ number: Int) -> Bool {
        (try? FileStatus.of(LogFiles.name(number), in: directory.rawValue)) != nil
    }

    private func open(_ number: Int) throws(SystemCallError) -> OwnedDescriptor? {
        do throws(SystemCallError) {
            return try Files.open(LogFiles.name(number), in: directory.rawValue, flags: [.readOnly, .noFollow])
        } catch {
            if error.errno == .noSuchFile { return nil }
            throw error
        }
    }
}
