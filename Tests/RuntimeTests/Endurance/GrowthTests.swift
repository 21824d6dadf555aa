import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: leaks for each exec or attach (CVE-2022-23471, 2022-31030, 2025-64329).
@Suite("Nothing grows", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(30)))
struct GrowthTests {
    /// How many of each: MARTLET_LIFECYCLES=10000 is the promise, and takes a quarter of an hour.
    static let count = Int(Environment.value("MARTLET_LIFECYCLES") ?? "") ?? 200

    @Test(arguments: Guest.allCases) func lifecyclesLeaveNothing(guest: Guest) throws {
        let runtime = try Runtime()
        let container = try runtime.bundle(guest, "exit", "0")
        try cycle(container)
        let before = Counts(runtime, container)
        for _ in 0..<Self.count { try cycle(container) }
        try before.expectNoMore(in: Counts(runtime, container))
    }

    @Test(arguments: Guest.allCases) func executionsLeaveNothing(guest: Guest) throws {
        let runtime = try Runtime()
        let container = try runtime.bundle(guest, "rest")
        _ = try container.launch()
        let process = try container.process()
        let execute = {
            try Self.run([runtime.martlet] + runtime.options + ["exec", container.id, guest.path, "exit", "0"])
        }
        for _ in 0..<10 { try execute() }
        let before = Counts(runtime, container, process: process)
        for _ in 0..<Self.count { try execute() }
        try before.expectNoMore(in: Counts(runtime, container, process: process))
    }

    private func cycle(_ container: Container) throws {
        let runtime = container.runtime
        let martlet = [runtime.martlet] + runtime.options
        try Self.run(martlet + ["create", "--bundle", container.bundle, container.id])
        try Self.run(martlet + ["start", container.id])
        try Self.run(martlet + ["delete", "--force", container.id])
    }

    /// Without files for its streams: there would be ten thousand of them.
    private static func run(_ words: [String]) throws {
        let nothing = try Files.open("/dev/null", flags: .readWrite)
        let process = try ChildProgram.start(
            words[0], arguments: words, environment: Environment.all,
            streams: (nothing.rawValue, nothing.rawValue, nothing.rawValue), ownGroup: false)
        let exit = try Processes.wait(for: process)
        guard exit == .code(0) else { throw Running.TookTooLong(description: "\(words): \(exit)") }
    }
}

/// What could grow.
private struct Counts {
    var values: [(name: String, value: Int)] = []

    init(_ runtime: Runtime, _ container: Container, process: Int32? = nil) {
        let count = { (path: String) in ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).count }
        let census = Census(runtime, ids: [container.id])
        values = [
            ("processes", census.processes.count), ("mounts", census.mounts.count), ("cgroups", census.cgroups.count),
            ("sockets", census.sockets.count), ("files", census.files.count),
            ("files of the bundle", FileManager.default.enumerator(atPath: container.bundle)?.allObjects.count ?? 0),
            ("own folders in /tmp", count("/tmp")), ("own folders in /run", count("/run")),
        ]
        guard let process else { return }
        values.append(("descriptors", count("/proc/\(process)/fd")))
        values.append(
            ("memory in pages", Int(Machine.text(of: "/proc/\(process)/statm").split(separator: " ")[1]) ?? 0))
    }

    func expectNoMore(in later: Counts) throws {
        for (before, after) in zip(values, later.values) {
            // Another test or program may have a folder in /tmp, and pages are touched now and then.
            let slack = before.name.hasPrefix("own") ? 20 : before.name.hasPrefix("memory") ? 64 : 0
            #expect(after.value <= before.value + slack, "\(before.name): \(before.value) before, \(after.value) after")
        }
        print("after \(GrowthTests.count): \(later.values.map { "\($0.name) \($0.value)" }.joined(separator: ", "))")
    }
}
