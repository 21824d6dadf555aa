import ProbeRunner
import SystemCalls
import Testing

@testable import Sandbox

@Suite struct ConfinementTests {
    @Test(.enabled(if: Machine.isRoot), arguments: ["user=1000:1001", "user=0:0"])
    func noCapabilityAndNoFurtherGroupIsLeft(_ user: String) throws {
        let status = try Probe.run("status", user).text
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(status.contains("\(set):\t0000000000000000"), "\(status)")
        }
        #expect(status.contains("NoNewPrivs:\t1"))
        #expect(status.contains("Seccomp:\t2"))
        #expect(status.contains("Groups:\t \n"))
        let ids = user.dropFirst(5).split(separator: ":")
        #expect(status.contains("Uid:\t\(ids[0])\t\(ids[0])\t\(ids[0])\t\(ids[0])\n"))
        #expect(status.contains("Gid:\t\(ids[1])\t\(ids[1])\t\(ids[1])\t\(ids[1])\n"))
    }

    @Test func onlyTheGrantedDescriptorsStayOpen() throws {
        let report = try Probe.run("census", "noseccomp")
        let kept = try #require(report.value("kept")).dropFirst().dropLast()
        #expect(report.value("open") == "[0, 1, 2, \(kept)]")
        #expect(report.value("directory") == "/")
    }

    @Test func theWorkingDirectoryIsTheFirstGrantedOne() throws {
        let directory = try TemporaryDirectory()
        let report = try Probe.run("census", "noseccomp", "ro=\(directory.path)")
        #expect(report.value("inode") == "\(try FileStatus.of(directory.path).inode)")
    }

    @Test func aDirectoryAsAStandardStreamIsRefused() throws {
        let directory = try Files.open("/tmp", flags: [.readOnly, .directory])
        let output = try Descriptors.pipe()
        let process = try ChildProgram.start(
            try Probe.path(), arguments: ["probe", "census"], environment: [],
            streams: (directory.rawValue, output.write.rawValue, 2), ownGroup: false)
        #expect(try Processes.wait(for: process) == .code(1))
        let reader = output.keepRead()
        let text = String(decoding: try Files.readAll(reader.rawValue, limit: 1000), as: UTF8.self)
        #expect(text.contains("standard stream 0"), "\(text)")
    }

    @Test(arguments: [[], ["threads"], ["network"], ["network", "threads"]])
    func allThatPreview1DoesWithFilesWorks(_ profile: [String]) throws {
        let directory = try TemporaryDirectory()
        let report = try Probe.run(["files", "rw=\(directory.path)"] + profile)
        #expect(report.text == "done\n", "\(report)")
        #expect(report.end == .exited(.code(0)))
    }

    @Test(arguments: [[], ["threads"], ["network", "threads"]])
    func theHeapGrowsBy100Megabytes(_ profile: [String]) throws {
        let report = try Probe.run(["memory"] + profile)
        #expect(report.text == "110101100\n", "\(report)")
    }

    @Test func threadsStartWhereTheyAreGranted() throws {
        #expect(try Probe.run("threads", "threads").text == "ok\n")
        #expect(try Probe.run("threads", "threads", "network").text == "ok\n")
        #expect(try Probe.run("threads").text.contains("(EAGAIN)"))
    }

    @Test(arguments: [[], ["threads"]])
    func aMistakeInOurOwnCodeEndsTheProcessAtOnce(_ profile: [String]) throws {
        let report = try Probe.run(["crash"] + profile)
        guard case .exited(.signal) = report.end else {
            Issue.record("\(report)")
            return
        }
    }

    @Test func aPathIsUsedAsItsRuleSays() throws {
        guard Landlock.version >= 3 else { return }
        let directory = try TemporaryDirectory()
        for name in ["a", "b", "other"] {
            for file in ["old", "old2"] { try directory.write("\(name)/\(file)", "x", mode: 0o755) }
        }
        for name in ["a", "b"] {
            try FileCalls.symbolicLink(to: "/etc/passwd", at: "\(directory.path)/\(name)/link-out", in: -100)
        }
        let report = try Probe.run("paths", "rw=\(directory.path)/a", "ro=\(directory.path)/b")
        let denied = "permission denied (EACCES)"
        for index in 0...1 {
            #expect(report.lines.contains("read \(index) old: ok"))
            #expect(report.lines.contains("read \(index) .: ok"))
            #expect(report.lines.contains("read \(index) ../other: \(denied)"), "\(report)")
            // With an empty root there is no such path.
            let unreachable = Machine.isRoot ? "no such file or directory (ENOENT)" : denied
            for path in ["/etc/passwd", "link-out"] {
                #expect(report.lines.contains("read \(index) \(path): \(unreachable)"), "\(report)")
            }
            let writes = index == 0 ? "ok" : denied
            for verb in ["create", "truncate", "remove"] {
                #expect(report.lines.contains("\(verb) \(index): \(writes)"))
            }
            #expect(report.lines.contains("execute \(index): false"))
        }
    }

    @Test func onlyGrantedPortsAreBoundAndReached() throws {
        guard Landlock.version >= 4 else { return }
        let report = try Probe.run(
            "ports", "network", "bind=24817", "connect=24818", "try=24817", "try=24818")
        #expect(report.lines[0] == "bind 0: ok", "\(report)")
        #expect(report.lines[1].contains("EACCES"))
        #expect(report.lines[2].contains("EACCES"))
        #expect(report.lines[3].contains("ECONNREFUSED"))
    }
}
