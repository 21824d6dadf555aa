import Foundation
import JSON
import SystemCalls
import Testing

@Suite("martlet run -d, ps, logs, stop, rm", .timeLimit(.minutes(3)))
struct BackgroundTests {
    @Test func aWorkloadGoesOnInTheBackgroundUntilItIsStopped() throws {
        let scratch = try Scratch()
        try scratch.image("endless", Guests.endless)
        let started = try scratch.martlet("run", "-d", "--name", "loop", "endless")
        #expect(started.exitCode == 0, "\(started.standardError)")
        let id = started.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(id.count == 64)

        let listed = try scratch.martlet("ps")
        #expect(listed.standardOutput.contains(id.prefix(12)) && listed.standardOutput.contains("Up "))
        try #require(try waitForLog(of: "loop", scratch) == "started\n")

        #expect(try scratch.martlet("run", "-d", "--name", "loop", "endless").standardError.contains("taken"))
        #expect(try scratch.martlet("rm", "loop").exitCode == 1)
        #expect(try scratch.martlet("stop", "-t", "2s", "loop").exitCode == 0)
        #expect(try scratch.martlet("ps", "-q").standardOutput.trimmingCharacters(in: .newlines).isEmpty)

        let ended = try JSONNode(reading: Array(scratch.martlet("ps", "-a", "--json").standardOutput.utf8))
        #expect(try ended.elements().first?.required("exitCode").integer() == 143)
        #expect(try scratch.martlet("rm", String(id.prefix(6))).exitCode == 0)
        #expect(try scratch.martlet("logs", "loop").exitCode == 125)
        #expect(try names(scratch.path("store/containers")).isEmpty)
    }

    /// THREATS: state directories readable by all (CVE-2024-25621). What a guest may write keeps the modes of its image, in a
    /// directory that nobody else enters.
    @Test func whatIsKeptOfItIsItsUsersOnly() throws {
        let scratch = try Scratch()
        // One that could make a directory has a layer of its own.
        let name = #""wasi_snapshot_preview1" "path_create_directory""#
        let makes = "(import \(name) (func (param i32 i32 i32) (result i32)))"
        try scratch.image("endless", Guests.endless.replacingOccurrences(of: "(module", with: "(module \(makes)"))
        let id = try scratch.martlet("run", "-d", "--name", "loop", "endless").standardOutput.prefix(64)
        defer { _ = try? scratch.martlet("rm", "-f", "loop") }
        try #require(id.count == 64)
        let state = try FileManager.default.subpathsOfDirectory(atPath: scratch.path("state")).map { "state/\($0)" }
        #expect(state.count >= 3, "\(state)")
        let places = ["state", "store", "store/containers", "store/containers/\(id)", "store/roots", "store/blobs"]
        for path in places + state {
            let mode = try FileStatus.of(scratch.path(path)).permissions
            #expect(mode & 0o077 == 0, "\(path) has \(String(mode, radix: 8))")
        }
    }

    @Test func removingByForceEndsTheProcess() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("endless.wat", Guests.endless)
        #expect(try scratch.martlet("run", "-d", "--name", "loop", guest).exitCode == 0)
        let row = try JSONNode(reading: Array(scratch.martlet("ps", "--json").standardOutput.utf8)).elements().first
        let process: Int32 = try #require(row).required("pid").integer()
        #expect(try scratch.martlet("rm", "-f", "loop").exitCode == 0)
        // It has ended; until somebody reaped it, its number is still there.
        for _ in 0..<100 where (try? Processes.kill(process, 0)) != nil { usleep(50_000) }
        #expect(throws: SystemCallError.self) { try Processes.kill(process, 0) }
    }

    @Test func aTimeoutHoldsInTheBackgroundToo() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("endless.wat", Guests.endless)
        #expect(try scratch.martlet("run", "-d", "--rm", "--timeout", "200ms", guest).exitCode == 0)
        for _ in 0..<100 where try !scratch.martlet("ps", "-aq").standardOutput.isEmpty {
            if try scratch.martlet("ps", "-aq").standardOutput == "\n" { break }
            usleep(50_000)
        }
        #expect(try names(scratch.path("state")).isEmpty)
    }

    @Test func aGuestThatCannotStartLeavesNothingBehind() throws {
        let scratch = try Scratch()
        let outcome = try scratch.martlet("run", "-d", scratch.file("stranger.wat", Guests.stranger))
        #expect(outcome.exitCode == 126)
        #expect(try names(scratch.path("state")).isEmpty)
    }

    /// The command, its monitor or its guest is killed while it starts and after that: `rm --force` removes what is left.
    @Test func whoeverIsKilledLeavesNothingThatStays() throws {
        let scratch = try Scratch()
        try scratch.image("endless", Guests.endless)
        defer { _ = try? scratch.martlet("rm", "-f", "loop") }
        let first = try scratch.martlet("run", "-d", "--name", "loop", "endless")
        #expect(try first.exitCode == 0 && scratch.martlet("rm", "-f", "loop").exitCode == 0)
        for moment in 0..<24 {
            let running = try scratch.start("run", ["-d", "--name", "loop", "endless"])
            usleep(UInt32(moment) * 2_000)
            let victims = processes(of: scratch).sorted()
            if !victims.isEmpty { try? Processes.kill(victims[moment % victims.count], Signal.kill) }
            _ = try running.wait()
            _ = try scratch.martlet("rm", "-f", "loop")
            for _ in 0..<60 where !processes(of: scratch).isEmpty { usleep(50_000) }
            #expect(processes(of: scratch).isEmpty, "moment \(moment)")
            #expect(try scratch.martlet("ps", "-aq").standardOutput.trimmingCharacters(in: .newlines).isEmpty)
            #expect(try names(scratch.path("state")).isEmpty, "moment \(moment)")
            #expect(try names(scratch.path("store/containers")).isEmpty, "moment \(moment)")
        }
    }

    /// Processes that haven't ended and name the test's folder.
    private func processes(of scratch: Scratch) -> [Int32] {
        let numbers = (try? names("/proc"))?.compactMap { Int32($0) } ?? []
        return numbers.filter { number in
            let words = try? Files.contents(of: "/proc/\(number)/cmdline", limit: 1 << 16)
            return String(decoding: words ?? [], as: UTF8.self).contains(scratch.folder.path)
        }
    }

    private func waitForLog(of name: String, _ scratch: Scratch) throws -> String {
        for _ in 0..<100 {
            let text = try scratch.martlet("logs", name).standardOutput
            if !text.isEmpty { return text }
            usleep(50_000)
        }
        return ""
    }

    /// What stands in a directory; nothing when there is none.
    private func names(_ path: String) throws -> [String] {
        FileManager.default.fileExists(atPath: path) ? try FileManager.default.contentsOfDirectory(atPath: path) : []
    }
}
