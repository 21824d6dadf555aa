import ProbeRunner
import SystemCalls
import Testing

@testable import ContainerLifecycle

@Suite struct ForegroundTests {
    @Test(arguments: [("exit=0", "0"), ("exit=7", "7"), ("exit=134", "134"), ("signal=15", "143"), ("signal=9", "137")])
    func theStatusIsTheGuests(_ body: String, _ status: String) throws {
        #expect(try Probe.run("foreground", body).value("status") == status)
    }

    @Test func aTimeoutKillsAndSaysSo() throws {
        let report = try Probe.run("foreground", "timeout=100", "sleep=60000")
        #expect(report.value("status") == "137")
        #expect(report.value("explanation")?.contains("timeout of 0.1 seconds") == true)
    }

    @Test func aFailedSetUpIsOneErrorInTheParent() throws {
        #expect(try Probe.run("foreground", "refuse=openat2 \"/x\": no").value("error") == "openat2 \"/x\": no")
    }

    @Test func anExplanationLongerThanAPipeWritesAtOnceIsCut() throws {
        let report = try Probe.run("foreground", "refuse=" + String(repeating: "y", count: 20_000))
        #expect(report.value("error")?.count == 4000)
    }

    @Test func theWholeSandboxFitsBetweenForkAndGuest() throws {
        let report = try Probe.run("foreground", "confined", "say=inside", "exit=9")
        #expect(report.text == "inside\nstatus=9\n")
    }

    @Test func noSignalIsBlockedInTheGuest() throws {
        #expect(try Probe.run("foreground", "mask").value("mask") == "SigBlk:\t0000000000000000")
    }

    @Test func inputIsReadOnlyWhenItWasGiven() throws {
        #expect(try Probe.run("foreground", "input", input: "typed").value("input") == "")
        #expect(try Probe.run("foreground", "interactive", "input", input: "typed").value("input") == "typed")
    }

    @Test(arguments: [1, 2, 3, 10, 12, 15] as [Int32])
    func aSignalIsPassedOn(_ number: Int32) throws {
        let output = try Descriptors.pipe()
        let process = try ChildProgram.start(
            try Probe.path(), arguments: ["probe", "foreground", "say=ready", "sleep=60000"], environment: [],
            streams: (0, output.write.rawValue, 2), ownGroup: true)
        let reader = output.keepRead()
        var buffer = [UInt8](repeating: 0, count: 6)
        #expect(try buffer.withUnsafeMutableBytes { try Files.read(reader.rawValue, into: $0) } == 6)
        try Processes.kill(process, number)
        #expect(try Processes.wait(for: process) == .code(0), "the supervisor itself ends by itself")
        let text = String(decoding: try Files.readAll(reader.rawValue, limit: 1000), as: UTF8.self)
        #expect(text.contains("status=\(128 + number)\n"), "\(text)")
    }

    @Test func aKilledSupervisorTakesItsGuestAlong() throws {
        let output = try Descriptors.pipe()
        let process = try ChildProgram.start(
            try Probe.path(), arguments: ["probe", "foreground", "confined", "say=ready", "sleep=60000"],
            environment: [],
            streams: (0, output.write.rawValue, 2), ownGroup: true)
        let reader = output.keepRead()
        var buffer = [UInt8](repeating: 0, count: 6)
        _ = try buffer.withUnsafeMutableBytes { try Files.read(reader.rawValue, into: $0) }
        try Processes.kill(process, 9)
        _ = try Processes.wait(for: process)
        // The guest had the pipe too: its end is the end of the stream.
        var requests = [PollRequest(reader.rawValue, .readable)]
        #expect(try Poll.wait(&requests, timeout: 10_000_000_000) == 1)
        #expect(try Files.readAll(reader.rawValue, limit: 1000).isEmpty)
    }
}
