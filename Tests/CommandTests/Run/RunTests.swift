import Foundation
import SystemCalls
import Testing

@Suite("martlet run", .timeLimit(.minutes(3)))
struct RunTests {
    @Test func aFileRunsWithoutAnImage() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("counter.wat", Guests.counter)
        let outcome = try scratch.martlet("run", "-e", "A=1", "-e", "B=2", "-e", "A=3", guest)
        #expect(outcome.exitCode == 2)
        #expect(outcome.standardError.isEmpty)
    }

    @Test func nothingOfTheHostsEnvironmentLeaksIn() throws {
        let scratch = try Scratch()
        #expect(try scratch.martlet("run", scratch.file("counter.wat", Guests.counter)).exitCode == 0)
    }

    @Test func whatARunWritesToItsRootIsGoneWithIt() throws {
        let scratch = try Scratch()
        try scratch.image("creator", Guests.creator)
        #expect(try scratch.martlet("run", "creator").exitCode == Guests.success)
        #expect(try scratch.martlet("run", "creator").exitCode == Guests.success)
    }

    @Test func aReadOnlyRootCannotBeWritten() throws {
        let scratch = try Scratch()
        try scratch.image("creator", Guests.creator)
        #expect(try scratch.martlet("run", "--read-only", "creator").exitCode == Guests.readOnly)
    }

    @Test func aMountIsWrittenForGoodAndAsTheUserThatWasAskedFor() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("creator.wat", Guests.creator)
        let shared = scratch.path("shared")
        try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: true)
        let isRoot = Processes.effectiveUser == 0
        if isRoot { try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: shared) }
        let user = isRoot ? ["--user", "1234:1235"] : []
        let first = try scratch.start("run", user + ["-v", "\(shared):/data", guest]).wait()
        #expect(first.exitCode == Guests.success, "\(first.standardError)")
        #expect(try scratch.martlet("run", "-v", "\(shared):/data", guest).exitCode == Guests.exists)
        if isRoot { #expect(try FileStatus.of("\(shared)/made").owner == 1234) }
    }

    @Test func aReadOnlyMountCannotBeWritten() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("creator.wat", Guests.creator)
        let shared = scratch.path("shared")
        try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: true)
        #expect(try scratch.martlet("run", "-v", "\(shared):/data:ro", guest).exitCode == Guests.readOnly)
    }

    @Test func aMountOfNothingIsRefusedWithTheWayOut() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("creator.wat", Guests.creator)
        let outcome = try scratch.martlet("run", "-v", "/nonexistent/x:/data", guest)
        #expect(outcome.exitCode == 125)
        #expect(outcome.standardError.contains("create it first"))
    }

    @Test func withoutAnyGrantThereIsNoDescriptorToUse() throws {
        let scratch = try Scratch()
        #expect(
            try scratch.martlet("run", scratch.file("creator.wat", Guests.creator)).exitCode == Guests.badDescriptor)
    }

    @Test func anExportIsCalledWithItsArgumentsAndItsResultPrinted() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("adder.wat", Guests.adder)
        #expect(try scratch.martlet("run", "--invoke", "add", guest, "2", "40").standardOutput == "42\n")
        #expect(try scratch.martlet("run", "--invoke", "half", guest, "3").standardOutput == "1.5\n")
        let missing = try scratch.martlet("run", guest)
        #expect(missing.exitCode == 126)
        #expect(missing.standardError.contains("choose one with --invoke: add, half"))
        #expect(try scratch.martlet("run", "--invoke", "add", guest, "2").standardError.contains("2 arguments"))
    }

    @Test func aTimeoutEndsAnEndlessGuestAndSaysSo() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("endless.wat", Guests.endless)
        let outcome = try scratch.martlet("run", "--timeout", "300ms", guest)
        #expect(outcome.exitCode == 137)
        #expect(outcome.standardOutput == "started\n")
        #expect(outcome.standardError.contains("timeout"))
    }

    @Test func endlessRecursionTrapsInTheGuest() throws {
        let scratch = try Scratch()
        let outcome = try scratch.martlet("run", scratch.file("recursive.wat", Guests.recursive))
        #expect(outcome.exitCode == 134)
        #expect(outcome.standardError.contains("the guest trapped"))
    }

    @Test func aMemoryLimitStopsTheGuestsGrowth() throws {
        let scratch = try Scratch()
        #expect(try scratch.martlet("run", "-m", "32m", scratch.file("greedy.wat", Guests.greedy)).exitCode == 32)
    }

    @Test func aSignalEndsTheGuestAndIsItsStatus() throws {
        let scratch = try Scratch()
        let running = try scratch.start("run", [scratch.file("endless.wat", Guests.endless)])
        var waits = 200
        while waits > 0, try String(contentsOfFile: running.outputFile, encoding: .utf8).isEmpty {
            usleep(50_000)
            waits -= 1
        }
        try Processes.kill(running.process, Signal.terminate)
        #expect(try running.wait().exitCode == 128 + Signal.terminate)
    }

    @Test func aBundleRunsAsItsConfigurationSays() throws {
        let scratch = try Scratch()
        let root = scratch.path("bundle/rootfs")
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try Data(Guests.counter.utf8).write(to: URL(fileURLWithPath: "\(root)/counter.wat"))
        let configuration = """
            {"ociVersion": "1.0.2", "root": {"path": "rootfs"},
             "process": {"args": ["/counter.wat"], "env": ["A=1", "B=2", "C=3"], "cwd": "/"}}
            """
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: scratch.path("bundle/config.json")))
        let outcome = try scratch.martlet("run", scratch.path("bundle"))
        #expect(outcome.exitCode == 3, "\(outcome.standardError)")
    }

    @Test func anImportThatNobodyGivesIsNamed() throws {
        let scratch = try Scratch()
        let outcome = try scratch.martlet("run", scratch.file("stranger.wat", Guests.stranger))
        #expect(outcome.exitCode == 126)
        #expect(outcome.standardError.contains("elsewhere"))
    }

    @Test func debugShowsWhatWillRun() throws {
        let scratch = try Scratch()
        let outcome = try scratch.martlet("run", "--debug", "-e", "A=1", scratch.file("counter.wat", Guests.counter))
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardError.contains(#"martlet: debug: environment: ["A=1"]"#))
    }

    @Test func anImageThatIsNowhereIsNotFound() throws {
        let scratch = try Scratch()
        let outcome = try scratch.martlet("run", "--pull", "never", "surely/absent:1")
        #expect(outcome.exitCode == 127)
        #expect(outcome.standardError.split(separator: "\n").count == 1)
    }

    @Test func whatIsNoCoreModuleIsRefusedByName() throws {
        let scratch = try Scratch()
        let component = try scratch.file("component.wasm", "\0asm\u{0d}\0\u{01}\0")
        #expect(try scratch.martlet("run", component).standardError.contains("component"))
        let broken = try scratch.file("broken.wasm", "\0asm\u{01}\0\0\0\u{7f}\u{7f}")
        let outcome = try scratch.martlet("run", broken)
        #expect(outcome.exitCode == 126)
        #expect(outcome.standardError.contains("broken.wasm"))
    }
}

@Suite("martlet run among hostile words and streams", .timeLimit(.minutes(2)))
struct RunEdgeTests {
    /// The shell is needed to close streams and to append: `$M` is martlet, `$G` the guest.
    private func shell(_ script: String, guest: String, in scratch: Scratch) throws -> Int32 {
        var environment = Environment.all
        environment += [
            "M=\(scratch.martlet.path)", "G=\(guest)", "R=\(scratch.path("store"))", "F=\(scratch.folder.path)",
        ]
        let outcome = try ChildProgram.run(
            "/bin/sh", arguments: ["sh", "-c", script], environment: environment, input: .bytes([]),
            outputLimit: 1 << 16, timeout: .seconds(60))
        guard case .exited(let exit) = outcome.end else { return -1 }
        return exit.shellStatus
    }

    @Test func closedStreamsAreNobodysFiles() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("counter.wat", Guests.counter)
        #expect(try shell("exec <&- >&- 2>&-; \"$M\" run --root \"$R\" -e A=1 \"$G\"", guest: guest, in: scratch) == 1)
    }

    @Test func theLogThatOutputIsAppendedToKeepsWhatItHad() throws {
        let scratch = try Scratch()
        let guest = try scratch.file("truncate.wat", Guests.truncater)
        // 76 is `notcapable`: the guest's own standard output can't be cut.
        let script = "echo precious > \"$F/log\"; \"$M\" run --root \"$R\" \"$G\" >> \"$F/log\""
        #expect(try shell(script, guest: guest, in: scratch) != 0)
        #expect(try String(contentsOfFile: scratch.path("log"), encoding: .utf8) == "precious\n")
    }

    @Test func aNameOfAnImportCannotSpeakInOurName() throws {
        let scratch = try Scratch()
        let guest = try scratch.file(
            "liar.wat", #"(module (import "x\0amartlet: all is well" "\1b[2J" (func)) (func (export "_start")))"#)
        let outcome = try scratch.martlet("run", guest)
        #expect(!outcome.standardError.contains("\u{1b}"))
        #expect(outcome.standardError.split(separator: "\n").allSatisfy { $0 != "martlet: all is well" })
    }

    @Test func aMistypedPathIsNeverPulled() throws {
        let scratch = try Scratch()
        for path in ["nosuch.tar", "nosuch/", "./nosuch"] {
            let outcome = try scratch.martlet("run", path)
            #expect(outcome.exitCode == 127 && outcome.standardError.contains("no such file"), "\(outcome)")
        }
    }

    @Test func aNameWithoutABackgroundIsRefused() throws {
        let scratch = try Scratch()
        let outcome = try scratch.martlet("run", "--name", "x", scratch.file("counter.wat", Guests.counter))
        #expect(outcome.exitCode == 125 && outcome.standardError.contains("add -d"))
    }
}
