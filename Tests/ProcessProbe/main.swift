// A process with one thread that does to itself what a config.json on its standard input asks, then becomes the program: a
// test's own process has many threads, and most of this is for good.

import OCISpec
import ProcessSettings
import SystemCalls

let words = CommandLine.arguments.dropFirst()
switch words.first {
case "run": ConfiguredProcess(words.dropFirst()).run()
case "compile": measureCompiling(words.dropFirst())
case "race": raceForProc()
default: say("unknown verb")
}

func say(_ text: String) { try? Files.writeAll(1, Array((text + "\n").utf8)) }

func value(_ name: String, in words: ArraySlice<String>) -> String? {
    words.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
}

/// Reads the file on standard input.
func configuration() throws -> RuntimeConfiguration {
    try RuntimeConfiguration(reading: try Files.readAll(0, limit: 1 << 20))
}

/// `compile [cache=FOLDER] [count=N]`: nanoseconds of each compilation, and the size.
func measureCompiling(_ words: ArraySlice<String>) {
    do {
        guard let seccomp = try configuration().linux.seccomp else { return say("no seccomp") }
        let cache = value("cache", in: words).map { SeccompCache(path: $0) }
        for _ in 0..<(value("count", in: words).flatMap { Int($0) } ?? 1) {
            let start = Clocks.now(.monotonic)
            let compiled = try CompiledSeccomp(seccomp, cache: cache)
            say("time=\(Clocks.now(.monotonic) - start) instructions=\(compiled.program.count / 8)")
        }
    } catch { say("error=\(error)") }
}

/// While another process mounts and unmounts a fake over /proc, reads through it again and again; tells how often each answer
/// came.
func raceForProc() {
    do {
        try Namespaces.unshare(.mount)
        let outcome = try ChildProgram.run(
            "/bin/mount", arguments: ["mount", "--make-rprivate", "/"], environment: [], input: .bytes([]),
            outputLimit: 1 << 16, timeout: .seconds(10))
        guard outcome.end == .exited(.code(0)) else { return say("error=\(outcome.end)") }
        let attacker: Int32
        switch try Processes.fork() {
        case .child:
            while (try? fakeProcOnce()) != nil {}
            Processes.exit(1)
        case .parent(let child): attacker = child
        }
        var answers: [String: Int] = [:]
        for _ in 0..<20_000 {
            let files = try ProcessFileSystem()
            answers["\(try files.read("self/oom_score_adj")) \(files.isOwn)", default: 0] += 1
        }
        for (answer, count) in answers { say("\(answer)=\(count)") }
        if try Processes.poll(attacker) != nil { say("error=the attacker gave up") }
        try Processes.kill(attacker, 9)
        _ = try Processes.wait(for: attacker)
    } catch { say("error=\(error)") }
}

/// Puts a fake over /proc and takes it away.
func fakeProcOnce() throws {
    let context = try Mounts.openContext(type: "tmpfs")
    let fake = try Mounts.create(context.rawValue, attributes: [])
    try Files.makeDirectory("self", in: fake.rawValue, mode: 0o755)
    let file = try Files.open(
        "self/oom_score_adj", in: fake.rawValue, flags: [.writeOnly, .create], mode: 0o644)
    try Files.writeAll(file.rawValue, Array("fake\n".utf8))
    let target = try Files.open("/proc", flags: [.path, .directory])
    try Mounts.move(fake.rawValue, onto: target.rawValue)
    try Mounts.detach("/proc")
}
