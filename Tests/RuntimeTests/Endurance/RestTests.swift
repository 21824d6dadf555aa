import Foundation
import SystemCalls
import Testing

@Suite("A guest that waits", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(5)))
struct RestTests {
    /// Pages of files that a process has in memory, in kB: 10,000 of one that runs, 800 of one that rests.
    private static func filePages(of process: Int32) -> Int {
        var values: [Substring: Int] = [:]
        for line in Machine.lines(of: "/proc/\(process)/smaps_rollup") {
            let words = line.split(separator: " ")
            if words.count == 3 { values[words[0]] = Int(words[1]) }
        }
        return (values["Rss:"] ?? .max) - (values["Anonymous:"] ?? 0)
    }

    @Test func givesBackMemoryAndGoesOnWhenItIsWoken() throws {
        let runtime = try Runtime()
        let container = try runtime.bundle(.wasm, "cat")
        let command = [runtime.martlet] + runtime.options + ["run", "--bundle", container.bundle, container.id]
        let input = "echo first; until [ -e \(runtime.path("go")) ]; do sleep 0.1; done; echo last"
        let running = try Running.start(
            ["/bin/sh", "-c", "(\(input)) | \(command.joined(separator: " "))"], in: runtime.folder)
        #expect(running.wrote("first"))
        let process = try container.process()
        #expect(Machine.wait(seconds: 20) { Self.filePages(of: process) < 4096 })
        // Long enough for what is given back only later.
        Thread.sleep(forTimeInterval: 3)
        try runtime.file("go", "")
        let outcome = try running.wait()
        #expect(outcome.code == 0)
        #expect(outcome.lines == ["first", "last"])
    }
}
