import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "create, start, state, kill, delete", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct LifecycleTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    @Test(arguments: Guest.allCases) func aContainerGoesThroughItsLife(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest") { $0.others["annotations"] = ["org.example.a": "b"] }
        let created = try container.create()
        try #require(created.code == 0, "\(created)")
        let state = try container.state()
        #expect(try state.required("status").string() == "created")
        #expect(try state.required("id").string() == container.id)
        #expect(try state.required("bundle").string() == container.bundle)
        #expect(try state.required("ociVersion").string().hasPrefix("1."))
        #expect(try state.required("annotations").stringMap()["org.example.a"] == "b")
        let process: Int32 = try state.required("pid").integer()
        #expect(process > 1 && Machine.exists("/proc/\(process)"))
        #expect(created.output.isEmpty, "the program doesn't run before start")

        #expect(try container("start").code == 0)
        #expect(created.of.wrote("ready"))
        #expect(try container.status() == "running" && container.process() == process)
        #expect(try container("kill", then: ["KILL"]).code == 0)
        #expect(try container.becomes("stopped"))
        #expect(try container("delete").code == 0)
        #expect(try container("state").code != 0)
        #expect(container.cgroups().isEmpty)
        #expect(!Machine.exists("\(runtime.stateDirectory)/\(container.id)"))
    }

    @Test(arguments: Guest.allCases) func aSignalEndsAGuestThatHasNoHandlerForIt(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest")
        _ = try container.launch()
        // The first process of a namespace ignores a signal that it has no handler for; martlet's wasm process has one.
        try #require(try container("kill", then: [guest == .wasm ? "TERM" : "9"]).code == 0)
        #expect(try container.becomes("stopped"))
    }

    @Test func aNativeGuestGetsTheSignalThatWasSent() throws {
        let container = try runtime.bundle(.native, "answer")
        let created = try container.launch()
        for spelling in ["SIGUSR1", "USR1", "10"] where try container.status() == "running" {
            #expect(try container("kill", then: [spelling]).code == 0)
        }
        #expect(created.of.wrote("signal 10"))
    }

    @Test(arguments: Guest.allCases, ["KILL", "TERM", "INT", "HUP"])
    func aSignalReachesWhatIsCreatedButNotStarted(guest: Guest, signal: String) throws {
        let container = try runtime.bundle(guest, "rest")
        try #require(container.create().code == 0)
        #expect(try container("kill", then: [signal]).code == 0)
        #expect(try container.becomes("stopped"))
        #expect(try container("start").code != 0)
        #expect(try container("delete").code == 0)
    }

    @Test(arguments: Guest.allCases) func onlyForceDeletesWhatRuns(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest")
        _ = try container.launch()
        let process = try container.process()
        #expect(try container("delete").code != 0)
        #expect(try container.status() == "running")
        #expect(try container("delete", "--force").code == 0)
        #expect(Machine.wait { !Machine.text(of: "/proc/\(process)/status").contains("State:\tS") })
        #expect(try container("state").code != 0)
        #expect(try container("delete", "--force").code == 0, "what isn't there is no error with force")
    }

    /// Runtime specification: `process` is REQUIRED when `start` is called, and not before.
    @Test func whatHasNoProcessIsCreatedAndCannotBeStarted() throws {
        let container = try runtime.bundle(.native, "rest")
        guard case .object(var configuration) = BundleConfiguration(.native, []).json else { return }
        configuration["process"] = nil
        try runtime.file("\(container.id)/config.json", JSONValue.object(configuration).text(.pretty))
        let created = try container.create()
        #expect(created.code == 0, "\(created)")
        #expect(try container.status() == "created")
        let process = #"{"args": ["/guest", "exit", "4"], "cwd": "/", "user": {"uid": 0, "gid": 0}}"#
        let executed = try container("exec", "--process", runtime.file("process.json", process))
        #expect(executed.code == 4, "\(executed)")
        let started = try container("start")
        #expect(started.code != 0 && started.error.contains("process: is missing"), "\(started)")
        #expect(try container.becomes("stopped"))
        #expect(try container("start").code != 0)
        #expect(try container("delete").code == 0)
        #expect(container.cgroups().isEmpty)
        let run = try container.run()
        #expect(run.code != 0 && run.error.contains("process: is missing"), "\(run)")
        #expect(try container("state").code != 0, "nothing is left")
    }

    @Test func theIdIsFreeAgainAfterDelete() throws {
        let container = try runtime.bundle(.wasm, "exit", "0")
        for _ in 0..<3 {
            #expect(try container.create().code == 0)
            #expect(try container.create().code != 0, "taken")
            #expect(try container("delete", "--force").code == 0)
        }
    }

    @Test(arguments: [nil, "/PLACE-damaged"], ["", "nonsense", "7\n{}\n"])
    func whatADamagedRecordStoodForGoesWithForce(place: String?, record: String) throws {
        let container = try runtime.bundle(.native, "fork") {
            // Without a pid namespace of its own nothing else ends with the first process.
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["mount", "network"])
            if let place {
                let name = place.replacingOccurrences(of: "PLACE", with: runtime.folder.lastPathComponent)
                $0.linux["cgroupsPath"] = .string(name)
            }
        }
        let other = try runtime.bundle(.wasm, "rest")
        _ = try container.launch()
        _ = try other.launch()
        let process = try container.process()
        try Data(record.utf8).write(to: URL(fileURLWithPath: "\(runtime.stateDirectory)/\(container.id)/record"))
        #expect(try container("delete").code != 0)
        #expect(Machine.exists("/proc/\(process)"))
        let outcome = try container("delete", "--force")
        #expect(outcome.code == 0, "\(outcome)")
        let status = "/proc/\(process)/stat"
        #expect(Machine.wait { Machine.text(of: status).isEmpty || Machine.text(of: status).contains(") Z ") })
        let census = Census(runtime, ids: ["\(runtime.folder.lastPathComponent)-damaged", container.id])
        #expect(census.cgroups.isEmpty && !census.files.contains { $0.contains(container.id) }, "\(census)")
        #expect(try other.status() == "running")
    }

    /// Paths end at 4,096 bytes and are text; what a container makes in its own groups is neither.
    @Test func groupsThatAContainerMadeAreRemovedInAnyDepthAndByAnyName() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let groups = container.cgroups()
        try #require(!groups.isEmpty)
        for group in groups.prefix(2) {
            let made = try runtime.other(
                "/bin/sh", "-c",
                """
                cd "$1" && mkdir "$(printf 'not\\377text')" && i=0
                while [ $i -lt 140 ]; do
                    name=deep-in-the-tree-of-a-container-$i && mkdir $name && cd -P ./$name || exit 1
                    i=$((i + 1))
                done
                """, "sh", group)
            #expect(made.code == 0, "\(made)")
        }
        #expect(try container("kill", "--all", then: ["KILL"]).code == 0)
        let outcome = try container("delete", "--force")
        #expect(outcome.code == 0 && container.cgroups().isEmpty, "\(outcome)")
    }

    @Test func whatADamagedRecordSaidBeforeIsEndedWithForce() throws {
        // Without control groups nothing but the record tells of the process.
        let runtime = try Runtime(options: ["--cgroup-manager", "disabled"])
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let process = try container.process()
        let record = try FileHandle(
            forWritingTo: URL(fileURLWithPath: "\(runtime.stateDirectory)/\(container.id)/record"))
        try record.seekToEnd()
        try record.write(contentsOf: Data("\nnonsense\n".utf8))
        try record.close()
        #expect(try container("delete").code != 0)
        #expect(Machine.exists("/proc/\(process)"))
        #expect(try container("delete", "--force").code == 0)
        #expect(Machine.wait { !Machine.text(of: "/proc/\(process)/status").contains("State:\tS") })
        #expect(Census(runtime, ids: [container.id]).files.isEmpty)
    }

    @Test func anothersFileAmongTheRecordsIsPassedOver() throws {
        let container = try runtime.bundle(.wasm, "rest")
        _ = try container.launch()
        try Data().write(to: URL(fileURLWithPath: "\(runtime.stateDirectory)/stray"))
        #expect(try runtime("list", "-q").lines == [container.id])
    }

    @Test(arguments: Guest.allCases) func aPidFileNamesTheProcess(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest")
        let file = runtime.path("pid")
        try #require(container.create("--pid-file", file).code == 0)
        #expect(try Machine.text(of: file) == String(container.process()))
    }

    @Test func whatRunsIsListed() throws {
        let first = try runtime.bundle(.wasm, "rest")
        let second = try runtime.bundle(.native, "rest")
        _ = try first.launch()
        try #require(second.create().code == 0)
        let ids = try runtime("list", "-q").lines
        #expect(Set(ids) == [first.id, second.id])
        let rows = try JSONNode(reading: Array(runtime("list", "--format", "json").output.utf8)).elements()
        #expect(try Set(rows.map { try $0.required("status").string() }) == ["created", "running"])
        #expect(try runtime("list").output.hasPrefix("ID "))
    }

    /// A program chooses its name, with marks that make another character of the parenthesis behind it.
    @Test(arguments: ["a\u{0600}", ")\u{0301}", ") Z 1 ("]) func noNameMakesAProgramLookStopped(name: String) throws {
        // The kernel takes the last part of the path that was executed.
        let container = try runtime.bundle(.native, "rest") { $0.arguments[0] = "/\(name)" }
        try FileManager.default.moveItem(atPath: "\(container.root)/guest", toPath: "\(container.root)/\(name)")
        _ = try container.launch()
        #expect(try container.status() == "running")
        #expect(try container("delete").code != 0)
        #expect(try container("kill", then: ["KILL"]).code == 0)
        #expect(try container.becomes("stopped"))
    }
}
