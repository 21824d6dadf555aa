import ProbeRunner
import SystemCalls
import Testing

@testable import ContainerLifecycle

@Suite struct LogTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000000Z"), (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z"),
            (1_709_251_199_999_999_999, "2024-02-29T23:59:59.999999999Z"),
            (1_795_344_905_276_699_433, "2026-11-22T10:55:05.276699433Z"),
            (4_107_542_399_999_999_999, "2100-02-28T23:59:59.999999999Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
            (UInt64.max, "2554-07-21T23:34:33.709551615Z"),
        ] as [(UInt64, String)])
    func aTimeIsWrittenAndReadExactly(_ time: UInt64, _ text: String) {
        #expect(Timestamp.text(of: time) == text)
        #expect(Timestamp.nanoseconds(text) == time)
    }

    @Test(arguments: [
        "", "2026-11-22T10:55:05", "2026-13-22T10:55:05Z", "2026-11-22 10:55:05Z", "2026-11-22T24:55:05Z",
        "2026-11-22T10:55:05.Z", "2026-11-22T10:55:05.1234567890Z", "9999-11-22T10:55:05Z", "20x6-11-22T10:55:05Z",
        "1969-12-31T23:59:59Z",
    ])
    func whatIsNoTimeIsNotRead(_ text: String) {
        #expect(Timestamp.nanoseconds(text) == nil)
    }

    @Test func fractionsMayBeShort() {
        #expect(Timestamp.nanoseconds("1970-01-01T00:00:01.5Z") == 1_500_000_000)
        #expect(Timestamp.nanoseconds("1970-01-01T00:00:01Z") == 1_000_000_000)
    }

    /// A directory and a writer into it.
    private func writer(_ directory: TemporaryDirectory, _ limits: LogLimits = LogLimits()) throws -> LogWriter {
        try LogWriter(directory: try Files.open(directory.path, flags: [.readOnly, .directory]), limits: limits)
    }

    private func lines(_ directory: TemporaryDirectory) throws -> [LogLine] {
        var cursor = try LogCursor(directory: try Files.open(directory.path, flags: [.readOnly, .directory]))
        var lines: [LogLine] = []
        while let line = try cursor.next() { lines.append(line) }
        return lines
    }

    private func text(_ line: LogLine) -> String { String(decoding: line.text, as: UTF8.self) }

    @Test func piecesBecomeLinesOfTheirStream() throws {
        let directory = try TemporaryDirectory()
        var writer = try writer(directory)
        writer.append(Array("one\ntw".utf8)[...], of: .output)
        writer.append(Array("err\n".utf8)[...], of: .error)
        writer.append(Array("o\n\nopen".utf8)[...], of: .output)
        writer.finish(.output)
        let lines = try lines(directory)
        #expect(lines.map(text) == ["one", "err", "two", "", "open"])
        #expect(lines.map(\.stream) == [.output, .error, .output, .output, .output])
        #expect(lines.map(\.isComplete) == [true, true, true, true, false])
    }

    @Test func aLineWithoutEndIsSplitAndTakesBoundedMemory() throws {
        let directory = try TemporaryDirectory()
        var writer = try writer(directory, LogLimits(lineLength: 100))
        for _ in 0..<25 { writer.append([UInt8](repeating: 120, count: 10)[...], of: .output) }
        writer.append([10], of: .output)
        // One of exactly the limit isn't split.
        writer.append([UInt8](repeating: 121, count: 100)[...], of: .output)
        writer.append([10], of: .output)
        let lines = try lines(directory)
        #expect(lines.map(\.text.count) == [100, 100, 50, 100])
        #expect(lines.map(\.isComplete) == [false, false, true, true])
    }

    @Test func aFullFileIsRotatedAndTheOldestGoes() throws {
        let directory = try TemporaryDirectory()
        var writer = try writer(directory, LogLimits(fileSize: 4096, files: 3))
        for number in 0..<1000 { writer.append(Array("line \(number)\n".utf8)[...], of: .output) }
        let names = try Files.names(inDirectory: directory.path, limit: 10).sorted()
        #expect(names == ["log", "log.1", "log.2"])
        for name in names { #expect(try FileStatus.of("\(directory.path)/\(name)").size <= 4096) }
        let numbers = try lines(directory).map(text)
        #expect(numbers.last == "line 999")
        #expect(numbers == numbers.indices.map { "line \(1000 - numbers.count + $0)" }, "none is missing in between")
    }

    @Test func aReaderFollowsOverRotations() throws {
        let directory = try TemporaryDirectory()
        var writer = try writer(directory, LogLimits(fileSize: 4096, files: 3))
        var cursor = try LogCursor(directory: try Files.open(directory.path, flags: [.readOnly, .directory]))
        var read: [String] = []
        for number in 0..<1000 {
            writer.append(Array("line \(number)\n".utf8)[...], of: .output)
            if number % 20 == 0 { while let line = try cursor.next() { read.append(text(line)) } }
        }
        while let line = try cursor.next() { read.append(text(line)) }
        #expect(read == (0..<1000).map { "line \($0)" })
    }

    @Test func aTornLineIsPassedOver() throws {
        let directory = try TemporaryDirectory()
        try directory.write(
            "log",
            "2026-11-22T10:55:05.276699433Z stdout F good\n2026-11-22T10:5\nnonsense\n2026-11-22T10:55:06Z stderr F also\n2026-11"
        )
        #expect(try lines(directory).map(text) == ["good", "also"])
    }
}
