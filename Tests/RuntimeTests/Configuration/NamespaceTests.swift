import Foundation
import JSON
import SystemCalls
import Testing

@Suite("Namespaces joined by their path", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct NamespaceTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// The names of the configuration, and those of the files in `/proc/PID/ns`.
    static let files = [
        "pid": "pid", "network": "net", "ipc": "ipc", "uts": "uts", "mount": "mnt", "cgroup": "cgroup", "user": "user",
        "time": "time",
    ]

    /// A container with one of each, so far as this kernel has them.
    private func owner() throws -> Int32 {
        let container = try runtime.bundle(.native, "rest") {
            $0.useOwnUserNamespace()
            guard case .array(let kinds)? = $0.linux["namespaces"] else { return }
            let more = ["cgroup", "time"].filter { Machine.exists("/proc/self/ns/\($0)") }
            $0.linux["namespaces"] = .array(kinds + more.map { ["type": .string($0)] })
        }
        try container.giveFilesAway()
        _ = try container.launch()
        return try container.process()
    }

    /// A process of the host's in a mount namespace of its own, and in some others.
    private func unshare() throws -> Running {
        let words = [Machine.program("unshare") ?? "/usr/bin/unshare", "--mount", "--uts", "--ipc", "--net"]
        let running = try Running.start(words + [Guest.native.file().path, "rest"], in: runtime.folder)
        guard running.wrote("ready") else { throw Running.TookTooLong(description: "\(running.error)") }
        return running
    }

    private func join(
        _ kind: String, _ path: String, _ guest: Guest, alone: Bool = false
    ) throws -> Container {
        let container = try runtime.bundle(guest, "rest") {
            var kinds: [JSONValue] = [["type": .string(kind), "path": .string(path)]]
            if kind != "mount", !alone { kinds.insert(["type": "mount"], at: 0) }
            $0.linux["namespaces"] = .array(kinds)
            if kind == "user" {
                // What the namespace's root may mount, and a terminal's group that is mapped there.
                $0.linux["namespaces"] = .array(kinds + [["type": "pid"], ["type": "ipc"], ["type": "network"]])
            }
            if kind == "mount" { $0.mounts = [] }
        }
        if kind == "user" { try container.giveFilesAway() }
        return container
    }

    @Test(arguments: files.keys.sorted(), Guest.allCases)
    func whoJoinsIsInTheSameNamespaceAndInNoOther(kind: String, guest: Guest) throws {
        let file = try #require(Self.files[kind])
        guard Machine.exists("/proc/self/ns/\(file)") else { return Machine.skip("no namespaces of type \(kind)") }
        // The bundle has to be there in a mount namespace that is joined: another container's has it no more.
        let unshared = kind == "mount" ? try unshare() : nil
        defer { unshared?.kill() }
        let first = try unshared?.process ?? owner()
        let container = try join(kind, "/proc/\(first)/ns/\(file)", guest)
        let created = try container.launch()
        let process = try container.process()
        for (other, file) in Self.files {
            let theirs = OtherProcess(first).namespace(file)
            guard theirs != OtherProcess(Processes.current).namespace(file) else { continue }
            let isSame = OtherProcess(process).namespace(file) == theirs
            #expect(isSame == (other == kind), "\(other): \(created)")
        }
        // And what is executed in it.
        let (executed, second) = try container.execute(guest.path)
        #expect(OtherProcess(second).namespace(file) == OtherProcess(first).namespace(file))
        try Processes.kill(second, Signal.kill)
        _ = try executed.wait()
    }

    @Test(arguments: files.keys.sorted())
    func aPathThatIsNoNamespaceOfTheTypeIsRefusedByItsField(kind: String) throws {
        let others = Self.files.filter { $0.key != kind && Machine.exists("/proc/self/ns/\($0.value)") }
        let paths = others.sorted { $0.key < $1.key }.prefix(2).map { "/proc/self/ns/\($0.value)" }
        for path in paths + ["/proc/self/status", "/proc/self", "/dev/null", runtime.path("absent")] {
            let container = try join(kind, path, .native)
            let outcome = try container.create()
            let index = kind == "mount" ? 0 : 1
            let isRefused = outcome.code != 0 && outcome.error.contains("linux.namespaces[\(index)].path: ")
            #expect(isRefused && outcome.error.contains(path), "\(outcome)")
            #expect(try container("state").code != 0 && container.cgroups().isEmpty, "nothing is left")
        }
    }

    @Test(.enabled(if: Machine.exists("/proc/self/ns/time"), "no time namespaces here"))
    func theClocksOfATimeNamespaceAreShifted() throws {
        let container = try runtime.bundle(.native, "rest") { Self.shift(&$0) }
        _ = try container.launch()
        let offsets = try container("exec", then: ["/guest", "read", "/proc/self/timens_offsets"])
        let rows = offsets.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(rows == [["monotonic", "7000", "0"], ["boottime", "1000000", "5"]], "\(offsets)")
        let outcome = try container("exec", then: ["/guest", "read", "/proc/uptime"])
        let (inside, outside) = (Self.uptime(outcome.output), Self.uptime(Machine.text(of: "/proc/uptime")))
        #expect(inside - outside > 999_000 && inside - outside < 1_001_000, "\(outcome)")
    }

    @Test(.enabled(if: Machine.exists("/proc/self/ns/time"), "no time namespaces here"))
    func theMonotonicClockOfAGuestIsShifted() throws {
        let text = #"""
            (module (import "wasi_snapshot_preview1" "clock_time_get" (func $get (param i32 i64 i32) (result i32)))
              (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (memory (export "memory") 1)
              (func (export "_start")
                (drop (call $get (i32.const 1) (i64.const 1) (i32.const 0)))
                (call $exit (i64.gt_u (i64.load (i32.const 0)) (i64.const 900000000000000000)))))
            """#
        for (seconds, isLater) in [(1_000_000_000 as Int64, Int32(1)), (0, 0)] {
            let container = try runtime.bundle(.wasm) {
                Self.shift(&$0)
                $0.arguments = ["/clock.wat"]
                $0.linux["timeOffsets"] = ["monotonic": ["secs": .integer(seconds), "nanosecs": 0]]
            }
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(container.root)/clock.wat"))
            let outcome = try container.run()
            #expect(outcome.code == isLater, "\(outcome)")
        }
    }

    @Test func offsetsWithoutATimeNamespaceOfItsOwnAreRefused() throws {
        for namespace in [nil, ["type": "time", "path": "/proc/self/ns/time"]] as [JSONValue?] {
            let container = try runtime.bundle(.native, "exit", "0") {
                Self.shift(&$0)
                $0.linux["namespaces"] = .array([["type": "mount"], ["type": "pid"]] + [namespace].compactMap { $0 })
            }
            let outcome = try container.create()
            #expect(outcome.code != 0 && outcome.error.contains("linux.timeOffsets"), "\(outcome)")
            #expect(try container("state").code != 0, "nothing is left")
        }
    }

    @Test(.enabled(if: Machine.exists("/proc/self/ns/time"), "no time namespaces here"))
    func aClockThatWouldStandBeforeItsBeginningIsRefused() throws {
        let container = try runtime.bundle(.native, "exit", "0") {
            Self.shift(&$0)
            $0.linux["timeOffsets"] = ["boottime": ["secs": -1_000_000_000, "nanosecs": 0]]
        }
        let outcome = try container.create()
        #expect(outcome.code != 0 && outcome.error.contains("linux.timeOffsets"), "\(outcome)")
        #expect(try container("state").code != 0, "nothing is left")
    }

    private static func shift(_ configuration: inout BundleConfiguration) {
        configuration.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "mount", "time"])
        configuration.linux["timeOffsets"] = [
            "monotonic": ["secs": 7000, "nanosecs": 0], "boottime": ["secs": 1_000_000, "nanosecs": 5],
        ]
    }

    private static func uptime(_ text: String) -> Double {
        text.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }
}
