import ProbeRunner
import SystemCalls
import Testing

/// A terminal of the test's own stands for the user's.
@Suite struct TerminalTests {
    private func read(_ master: Int32, until wanted: String) throws -> String {
        var text = ""
        let found = try eventually {
            var requests = [PollRequest(master, .readable)]
            guard try Poll.wait(&requests, timeout: 10_000_000) > 0 else { return false }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = (try? buffer.withUnsafeMutableBytes { try Files.read(master, into: $0) }) ?? 0
            text += String(decoding: buffer[..<count], as: UTF8.self)
            return text.contains(wanted)
        }
        if !found { Issue.record("\(wanted) didn't come: \(text)") }
        return text
    }

    private func start(_ words: [String], on slave: Int32) throws -> Int32 {
        try ChildProgram.start(
            try Probe.path(), arguments: ["probe", "foreground", "terminal"] + words, environment: [],
            streams: (slave, slave, slave), ownGroup: false)
    }

    @Test func theGuestHasATerminalOfTheSameSize() throws {
        let pair = try Terminals.open()
        try Terminals.setSize(of: pair.master.rawValue, to: .init(rows: 33, columns: 101))
        let process = try start(["interactive", "terminals", "size"], on: pair.slave.rawValue)
        let text = try read(pair.master.rawValue, until: "status=0")
        #expect(text.contains("terminals=[true, true, true]") && text.contains("size=33x101"), "\(text)")
        #expect(try Processes.wait(for: process) == .code(0))
    }

    @Test func whatIsTypedReachesTheGuestAndEndOfInputToo() throws {
        let pair = try Terminals.open()
        let process = try start(["interactive", "say=ready", "echo"], on: pair.slave.rawValue)
        let master = pair.master.rawValue
        _ = try read(master, until: "ready")
        try Files.writeAll(master, Array("hello\r".utf8))
        _ = try read(master, until: "got hello")
        try Files.writeAll(master, [4])
        _ = try read(master, until: "status=0")
        #expect(try Processes.wait(for: process) == .code(0))
    }

    @Test func theInterruptKeyInterruptsTheGuestAndNotItsSupervisor() throws {
        let pair = try Terminals.open()
        let process = try start(["interactive", "say=ready", "sleep=60000"], on: pair.slave.rawValue)
        _ = try read(pair.master.rawValue, until: "ready")
        try Files.writeAll(pair.master.rawValue, [3])
        _ = try read(pair.master.rawValue, until: "status=130")
        #expect(try Processes.wait(for: process) == .code(0))
    }

    @Test(arguments: ["exit=3", "signal=9", "refuse=no"])
    func theModeIsRestoredHoweverItEnds(_ body: String) throws {
        let pair = try Terminals.open()
        let before = try Terminals.mode(of: pair.slave.rawValue)
        let process = try start(["interactive", body], on: pair.slave.rawValue)
        _ = try Processes.wait(for: process)
        #expect(try Terminals.mode(of: pair.slave.rawValue) == before)
    }

    @Test func theModeIsRestoredAfterASignal() throws {
        let pair = try Terminals.open()
        let before = try Terminals.mode(of: pair.slave.rawValue)
        let process = try start(["interactive", "say=ready", "sleep=60000"], on: pair.slave.rawValue)
        _ = try read(pair.master.rawValue, until: "ready")
        #expect(try Terminals.mode(of: pair.slave.rawValue) != before, "raw while it runs")
        try Processes.kill(process, 15)
        _ = try Processes.wait(for: process)
        #expect(try Terminals.mode(of: pair.slave.rawValue) == before)
    }

    /// Starts a guest in a terminal whose output goes to a pipe.
    private func start(_ words: [String], input: Int32, output: Int32) throws -> Int32 {
        try ChildProgram.start(
            try Probe.path(), arguments: ["probe", "foreground", "terminal"] + words, environment: [],
            streams: (input, output, 2), ownGroup: false)
    }

    private func hasChildren(_ process: Int32) throws -> Bool {
        try !Files.contents(of: "/proc/\(process)/task/\(process)/children", limit: 4096).isEmpty
    }

    @Test func aTimeoutHoldsWhenNobodyReadsTheOutput() throws {
        let output = try Descriptors.pipe()
        let process = try start(["timeout=500", "flood"], input: 0, output: output.write.rawValue)
        let reader = output.keepRead()
        #expect(try eventually { try hasChildren(process) })
        #expect(try eventually { try !hasChildren(process) })
        let text = String(decoding: try Files.readAll(reader.rawValue, limit: 1 << 24), as: UTF8.self)
        #expect(text.contains("status=137\n"))
        _ = try Processes.wait(for: process)
    }

    @Test func aSignalIsPassedOnWhenNobodyReadsTheOutput() throws {
        let output = try Descriptors.pipe()
        let process = try start(["flood"], input: 0, output: output.write.rawValue)
        let reader = output.keepRead()
        // Until the pipe is full and the guest waits.
        var sizes: [Int] = []
        _ = try eventually {
            sizes.append(Poll.readableBytes(reader.rawValue) ?? 0)
            return sizes.count > 20 && Set(sizes.suffix(20)).count == 1 && sizes.last != 0
        }
        try Processes.kill(process, 15)
        #expect(try eventually { try !hasChildren(process) })
        let text = String(decoding: try Files.readAll(reader.rawValue, limit: 1 << 24), as: UTF8.self)
        #expect(text.contains("status=143\n"))
        _ = try Processes.wait(for: process)
    }

    @Test func aReaderThatGoesAwayHangsUpAndTheModeIsRestored() throws {
        let pair = try Terminals.open()
        let before = try Terminals.mode(of: pair.slave.rawValue)
        let output = try Descriptors.pipe()
        // Confined, as the guest otherwise holds the other side of its terminal itself.
        let process = try start(
            ["interactive", "confined", "flood"], input: pair.slave.rawValue, output: output.write.rawValue)
        let reader = output.keepRead()
        var buffer = [UInt8](repeating: 0, count: 6)
        _ = try buffer.withUnsafeMutableBytes { try Files.read(reader.rawValue, into: $0) }
        #expect(try Terminals.mode(of: pair.slave.rawValue) != before, "raw while it runs")
        try reader.close()
        _ = try Processes.wait(for: process)
        #expect(try Terminals.mode(of: pair.slave.rawValue) == before)
    }

    @Test func aSlowReaderLosesNothing() throws {
        let output = try Descriptors.pipe()
        let flags = try Descriptors.statusFlags(output.write.rawValue)
        try Descriptors.setStatusFlags(output.write.rawValue, flags | OpenFlags.nonBlocking.rawValue)
        let process = try start(["lines=30000"], input: 0, output: output.write.rawValue)
        let reader = output.keepRead()
        var nothing: [PollRequest] = []
        _ = try Poll.wait(&nothing, timeout: 500_000_000)
        let text = String(decoding: try Files.readAll(reader.rawValue, limit: 1 << 24), as: UTF8.self)
        #expect(text.hasPrefix((0..<30_000).map { "line \($0)\r\n" }.joined()))
        _ = try Processes.wait(for: process)
    }
}
