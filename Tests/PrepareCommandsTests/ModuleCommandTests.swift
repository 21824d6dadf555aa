import JSON
import SystemCalls
import Testing

@Suite("martlet compile, cache and prepare-module", .timeLimit(.minutes(2)))
struct ModuleCommandTests {
    @Test func aModuleIsCompiledOnceAndFoundByItsDigest() throws {
        let program = try Program()
        let file = try program.hello()
        let first = try program.run("prepare-module", file)
        #expect(first.status == 0 && first.output.hasPrefix("sha256:"), "\(first.errors)")
        let again = try program.run("compile", file)
        #expect(again.output.contains("compiled already"))
        let listed = try program.run("cache", "list", "--json")
        let entries = try JSONNode(reading: Array(listed.output.utf8)).elements()
        #expect(try entries.map { try $0.required("digest").string() } == first.lines)
        #expect(try program.run("cache", "prune").output.hasPrefix("removed 1 modules"))
        #expect(try program.run("cache", "list").lines.count == 1)
    }

    @Test func ofManyThatNeedAModuleAtOnceOneCompilesIt() async throws {
        let program = try Program()
        let file = try program.hello()
        let (folder, store) = (program.folder, program.store)
        let outputs = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<4 {
                group.addTask {
                    try Program.run(["compile", file, "--root", store], errors: "\(folder)/errors-\(number)").output
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outputs.count { $0.contains(": compiled, ") } == 1, "\(outputs)")
        #expect(outputs.count { $0.contains(": compiled already, ") } == 3, "\(outputs)")
    }

    @Test func anOpenFileIsPreparedByItsDescriptor() throws {
        let program = try Program()
        let file = try Files.open(try program.hello(), flags: .readOnly)
        let result = try program.run("prepare-module", "/proc/self/fd/0", input: .descriptor(file.rawValue))
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func aModuleIsCompiledIntoAFile() throws {
        let program = try Program()
        let output = "\(program.folder)/hello.cwasm"
        #expect(try program.run("compile", try program.hello(), "-o", output).status == 0)
        #expect(try Files.contents(of: output, limit: 1 << 20).starts(with: [0x7f, 0x45, 0x4c, 0x46]))
        #expect(try program.run("cache", "list").lines.count == 1)
    }

    @Test(
        arguments: [
            ([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0xff], 1), ([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], 3),
            ([0, 0x61, 0x73, 0x6d, 9, 9, 9, 9], 3), ([0x7f, 0x45, 0x4c, 0x46], 3), ([], 3),
            (Array("#!/bin/sh".utf8), 3),
            (Array("(module (func".utf8), 1), ([0xff, 0xfe, 0xfd], 3),
        ] as [([UInt8], Int32)])
    func whatIsNoModuleEndsInALineAndItsStatus(_ bytes: [UInt8], _ status: Int32) throws {
        let program = try Program()
        let result = try program.run("prepare-module", try program.write("x", bytes))
        #expect(result.status == status, "\(result.errors)")
        #expect(result.errors.hasPrefix("martlet: ") && result.output.isEmpty)
        #expect(try program.run("cache", "list").lines.count == 1)
        #expect(try program.run("prepare-module", "/no/such/file").status == 2)
        #expect(try program.run("prepare-module", program.folder).status == 1)
    }

    @Test func aWorkerHasNoPrivilegesAndCantOpenAnything() async throws {
        let input = try Descriptors.pipe()
        let output = try Descriptors.pipe()
        let path = try Program.path()
        let process = try ChildProgram.start(
            path, arguments: [path, "internal-compile"], environment: [],
            streams: (input.read.rawValue, output.write.rawValue, 2), ownGroup: true)
        defer {
            try? Processes.kill(process, 9)
            _ = try? Processes.wait(for: process)
        }
        // It waits for its source, confined already.
        var status = ""
        for _ in 0..<100 where !status.contains("NoNewPrivs:\t1") {
            try await Task.sleep(for: .milliseconds(50))
            status = String(decoding: try Files.contents(of: "/proc/\(process)/status", limit: 1 << 16), as: UTF8.self)
        }
        try await Task.sleep(for: .milliseconds(300))
        status = String(decoding: try Files.contents(of: "/proc/\(process)/status", limit: 1 << 16), as: UTF8.self)
        #expect(status.contains("NoNewPrivs:\t1"))
        #expect(status.contains("CapEff:\t0000000000000000"))
        #expect(status.contains("Seccomp:\t2"))
        #expect(status.contains("Threads:\t1"))
        let limits = String(decoding: try Files.contents(of: "/proc/\(process)/limits", limit: 1 << 16), as: UTF8.self)
        #expect(limits.split(separator: "\n").contains { $0.hasPrefix("Max core file size") && $0.contains(" 0 ") })
        #expect(limits.split(separator: "\n").contains { $0.hasPrefix("Max file size") && $0.contains(" 0 ") })
        _ = consume input
        _ = consume output
    }
}
