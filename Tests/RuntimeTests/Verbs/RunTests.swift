import Foundation
import JSON
import SystemCalls
import Testing

@Suite("run", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct RunTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    @Test(arguments: Guest.allCases, [0, 1, 42, 255]) func theExitCodeIsTheGuests(guest: Guest, code: Int32) throws {
        let container = try runtime.bundle(guest, "exit", String(code))
        #expect(try container.run().code == code)
        #expect(try container("state").code != 0, "nothing is left")
    }

    @Test(arguments: Guest.allCases) func argumentsAndEnvironmentAreTheConfigurationsAndNothingElse(guest: Guest) throws
    {
        let words = ["", "two words", "line\nbreak", "üñí", "--", "-x"]
        let told = try runtime.bundle(guest, "args") { $0.arguments += words }.run()
        #expect(told.output == words.map { "\($0)\n" }.joined(), "\(told)")
        let seen = try runtime.bundle(guest, "env") { $0.environment = ["A=1", "EMPTY=", "B=x=y"] }.run()
        #expect(Set(seen.lines).subtracting(["HOME=/", "HOME=/root"]) == ["A=1", "EMPTY=", "B=x=y"], "\(seen)")
    }

    @Test(arguments: Guest.allCases) func standardInputReachesTheGuest(guest: Guest) throws {
        let text = String(repeating: "0123456789abcdef", count: 20_000)
        #expect(try runtime.bundle(guest, "cat").run(input: text).output == text)
    }

    @Test func aTrapHasTheCodeOfAnAbort() throws {
        let outcome = try runtime.bundle(.wasm, "trap").run()
        #expect(outcome.code == 134 && outcome.error.contains("trap"), "\(outcome)")
        let native = try runtime.bundle(.native, "trap").run()
        #expect(native.code == 132, "SIGILL: \(native)")
    }

    @Test(arguments: Guest.allCases) func aSignalToTheRuntimeIsPassedOn(guest: Guest) throws {
        let container = try runtime.bundle(guest, guest == .native ? "answer" : "rest")
        let running = try container.start("run", ["--bundle", container.bundle])
        try #require(running.wrote("ready"), "\(running.error)")
        try Processes.kill(running.process, Signal.terminate)
        let outcome = try running.wait()
        #expect(outcome.code == (guest == .native ? 40 + Signal.terminate : 128 + Signal.terminate), "\(outcome)")
        #expect(try container("state").code != 0)
    }

    /// What would end the runtime, and leave the container to nobody.
    @Test(arguments: [14, 18, 30, 37] as [Int32])
    func signalsThatAreForTheContainerDoNotEndTheRuntime(number: Int32) throws {
        let container = try runtime.bundle(.native, "rest")
        let running = try container.start("run", ["--bundle", container.bundle])
        try #require(running.wrote("ready"), "\(running.error)")
        try Processes.kill(running.process, number)
        // The first of a pid namespace is ended by none of them that it doesn't ask for.
        Thread.sleep(forTimeInterval: 0.1)
        #expect(try container.status() == "running")
        try Processes.kill(running.process, Signal.terminate)
        #expect(try container("delete", "--force").code == 0)
        _ = try running.wait()
    }

    /// A name in which the parenthesis behind it isn't a character of its own.
    @Test func aProgramCannotHideBehindItsName() throws {
        let name = "/a\u{600}"
        let container = try runtime.bundle(.native, "rest") { $0.arguments[0] = name }
        try FileManager.default.copyItem(atPath: container.root + Guest.native.path, toPath: container.root + name)
        _ = try container.launch()
        let process = try container.process()
        #expect(try container.status() == "running" && container.process() == process)
        #expect(try container("delete").code != 0)
        #expect(try container("delete", "--force").code == 0)
        // What nobody has waited for yet is still there, and does nothing.
        #expect(Machine.wait { !Machine.text(of: "/proc/\(process)/status").contains("State:\tS") })
    }

    @Test(arguments: Guest.allCases) func aDetachedRunGoesOn(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest")
        let file = runtime.path("pid")
        let outcome = try container.run("--detach", "--pid-file", file)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.of.wrote("ready"))
        #expect(try container.status() == "running" && Machine.text(of: file) == String(container.process()))
        #expect(try container("delete", "--force").code == 0)
    }

    @Test func theWorkingDirectoryIsInsideTheRoot() throws {
        let inside = try runtime.bundle(.native, "cwd") { $0.directory = "/tmp" }.run()
        #expect(inside.output == "/tmp\n", "\(inside)")
        let made = try runtime.bundle(.native, "cwd") { $0.directory = "/new/deep" }.run()
        #expect(made.output == "/new/deep\n", "made when it isn't there, as runc does: \(made)")
        let wasm = try runtime.bundle(.wasm, "read", "note") {
            $0.directory = "/tmp"
            try runtime.file("note", "here")
            $0.mounts.append(BundleConfiguration.bind(runtime.path("note"), "/tmp/note"))
        }.run()
        #expect(wasm.output == "here" || wasm.code != 0, "\(wasm)")
    }

    @Test func aProgramIsFoundInThePathOfTheConfiguration() throws {
        let found = try runtime.bundle(.native, "args", "yes") {
            $0.arguments[0] = "guest"
            $0.environment = ["PATH=/nowhere:/"]
        }.run()
        #expect(found.output == "yes\n", "\(found)")
        let missing = try runtime.bundle(.native) { $0.arguments = ["no-such-program"] }.run()
        #expect(missing.code != 0 && missing.error.contains("no-such-program"), "\(missing)")
    }
}
