import FieldErrors
import JSON
import OCISpec
import ProbeRunner
import SystemCalls
import Testing

@testable import ProcessSettings

@Suite struct ProgramTests {
    private func run(_ arguments: [String], _ more: (String, JSONValue)...) throws -> ProbeProcess.Report {
        guard case .object(var object) = process(arguments) else { throw CapabilitySettingsTests.Missing() }
        for (key, value) in more { object[key] = value }
        return try ProbeProcess.run(configuration(process: .object(object)))
    }

    @Test func aNameIsLookedForInPathAndAPathIsNot() throws {
        #expect(try run(["echo", "a b", ""]).text == "a b \n")
        #expect(try run(["/bin/echo", "x"]).text == "x\n")
        #expect(try run(["./echo", "x"], ("cwd", "/bin")).text == "x\n")
        // Without PATH, and by folders that aren't absolute, nothing is found.
        let lost = "process.args[0]: \"echo\": executable file not found in $PATH"
        #expect(try run(["echo"], ("env", [])).value("error")?.hasPrefix(lost) == true)
        #expect(try run(["echo"], ("env", ["PATH=.::bin"]), ("cwd", "/")).value("error")?.hasPrefix(lost) == true)
        #expect(
            try run(["echo"], ("env", ["PATH=.::bin"])).value("error")?.contains("no such file or directory") == true)
    }

    @Test func whatCanNotBeExecutedSaysWhy() throws {
        let folder = try TemporaryDirectory()
        let data = try folder.write("data", "no program\n", mode: 0o755)
        let locked = try folder.write("locked", "#!/bin/sh\n", mode: 0o644)
        let orphan = try folder.write("orphan", "#!/nowhere/interpreter\n", mode: 0o755)
        func error(_ argument: String) throws -> String { try run([argument]).value("error") ?? "" }
        // A shell would run it; execve(2) does not.
        #expect(try error(data).contains("exec format error"))
        #expect(try error(locked) == "process.args[0]: \"\(locked)\": access \"\(locked)\": permission denied (EACCES)")
        #expect(try error(orphan).contains("its interpreter is missing"))
        #expect(try error(folder.path).contains("is a directory"))
        #expect(try error("\(folder.path)/none").contains("no such file or directory"))
        #expect(try error("\(data)/none").contains("not a directory"))
        #expect(try run([]).value("error")?.hasPrefix("process.args: is empty") == true)
        // The reason counts more than the folders after it.
        let report = try run(["locked"], ("env", .array([.string("PATH=\(folder.path):/bin")])))
        #expect(report.value("error")?.contains("permission denied") == true)
    }

    @Test(.enabled(if: Machine.isRoot)) func theProgramIsLookedForAsItsUser() throws {
        let folder = try TemporaryDirectory()
        let program = try folder.write("program", "#!/bin/sh\necho ran\n", mode: 0o700)
        #expect(try run([program]).text == "ran\n")
        let report = try run([program], ("user", ["uid": 1000, "gid": 1000]))
        #expect(report.value("error")?.contains("permission denied") == true, "\(report)")
    }

    @Test func theEnvironmentIsExactlyWhatWasAskedFor() throws {
        let report = try run(
            ["/usr/bin/env"], ("env", ["A=1", "HOME=/home/a", "B==x=", "A=2", "C="]))
        #expect(report.lines == ["HOME=/home/a", "B==x=", "A=2", "C="], "\(report)")
        for bad in ["A", "=1", ""] {
            let error = #expect(throws: FieldError.self) { try ProcessEnvironment(["X=1", bad]) }
            #expect(error?.field == "process.env[1]")
        }
    }

    @Test(.enabled(if: Machine.isRoot && Tool.has("/usr/bin/busybox"), "needs busybox"))
    func homeComesFromTheRootsAccounts() throws {
        let root = try TemporaryDirectory()
        try root.write("bin/busybox", "", mode: 0o755)
        try FileCopy.copy("/usr/bin/busybox", to: "\(root.path)/bin/busybox")
        let folder = try Files.open(root.path, flags: [.directory])
        try OwnershipCalls.setPermissions(of: folder.rawValue, 0o755)
        func home(_ user: Int64, _ environment: JSONValue = []) throws -> String {
            let file = configuration(
                process: process(
                    ["/bin/busybox", "env"], ("env", environment), ("user", ["uid": .integer(user), "gid": 0])))
            return try ProbeProcess.run(file, "root=\(root.path)").text
        }
        #expect(try home(7) == "HOME=/\n")
        try root.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nbad:x:7:7::relative:\nb:x:8:8::/home/b:\n")
        #expect(try home(0) == "HOME=/root\n")
        #expect(try home(7) == "HOME=/\n")
        #expect(try home(8) == "HOME=/home/b\n")
        #expect(try home(9, ["HOME="]) == "HOME=/\n")
        #expect(try home(8, ["HOME=/x"]) == "HOME=/x\n")
        // A file of a gigabyte is not read, and a link out of the root leads nowhere.
        let file = try Files.open("\(root.path)/etc/passwd", flags: .writeOnly)
        try TransferCalls.truncate(file.rawValue, to: 1 << 30)
        #expect(try home(8) == "HOME=/\n")
        try Files.unlink("\(root.path)/etc/passwd")
        try FileCalls.symbolicLink(to: "/proc/self/root/etc/passwd", at: "\(root.path)/etc/passwd", in: -100)
        #expect(try home(0) == "HOME=/\n")
    }

    @Test func signalsHaveTheirDefaultsAgain() throws {
        let report = try ProbeProcess.run(configuration(process: process(status)), "ignore=13")
        #expect(report.value("SigIgn", ":") == "0000000000000000", "\(report)")
        #expect(report.value("SigBlk", ":") == "0000000000000000")
    }

    @Test func noDescriptorButThePreservedOnesGetsToTheProgram() throws {
        let listing = configuration(process: shell("for n in /proc/self/fd/*; do echo ${n##*/}; done"))
        // The shell has one of its own for the script's directory.
        let wrapper = ["/bin/sh", "-c", "exec 3</etc/passwd 4</etc/group 7</; exec \"$@\"", "sh"]
        func open(_ words: String) throws -> Set<String> {
            let report = try ProbeProcess.run(listing, words, under: wrapper)
            return Set(report.lines)
        }
        let none = try open("preserve=0")
        #expect(none.isSuperset(of: ["0", "1", "2"]) && none.isDisjoint(with: ["4", "7"]), "\(none)")
        let two = try open("preserve=2")
        #expect(two.isSuperset(of: ["0", "1", "2", "3", "4"]) && !two.contains("7"), "\(two)")
        #expect(try open("preserve=5").contains("7"))
        let error = #expect(throws: FieldError.self) {
            var circumstances = ProcessSettings.Circumstances()
            circumstances.preservedDescriptors = .max
            _ = try ProcessSettings(RuntimeProcess(arguments: ["a"]), circumstances: circumstances)
        }
        #expect(error?.field == "--preserve-fds")
    }
}

/// Copies a file.
enum FileCopy {
    static func copy(_ source: String, to target: String) throws {
        let bytes = try Files.contents(of: source, limit: 1 << 24)
        let file = try Files.open(target, flags: [.writeOnly, .truncate])
        try Files.writeAll(file.rawValue, bytes)
    }
}
