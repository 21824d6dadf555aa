// A process with one thread that does to itself what a config.json on its standard input asks, then becomes the program: a
// test's own process has many threads, and most of this is for good.

import OCISpec
import ProcessSettings
import SystemCalls

let words = CommandLine.arguments.dropFirst()
switch words.first {
case "run": ConfiguredProcess(words.dropFirst()).run()
case "compile": measureCompiling(words.dropFirst())
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
