import Foundation
import JSON
import SystemCalls
import Testing

/// What a zygote has of containers: nothing. What containers have of it: nothing either.
@Suite(
    "Between the zygote and its containers", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(5)))
final class ZygoteWallTests {
    let runtime: Runtime
    let zygote: Zygote

    init() throws {
        runtime = try Runtime()
        zygote = try Zygote(runtime)
    }

    deinit { zygote.running.kill() }

    /// A word that stands nowhere else.
    private static func mark() -> String { "mark-\(UUID().uuidString)" }

    @Test func itHasOneThreadAndSoHaveThoseThatWaitInIt() throws {
        for guest in Guest.allCases {
            #expect(try runtime.bundle(guest, "exit", "3").run("--zygote", zygote.socket).code == 3)
            let container = try runtime.bundle(guest, "rest")
            try #require(container.create("--zygote", zygote.socket).code == 0)
            try #require(container("start").code == 0)
            for process in zygote.atRest().prefix(1) { #expect(process.threads == 1, "\(process)") }
            #expect(try container("delete", "--force").code == 0)
        }
        let processes = zygote.atRest()
        #expect(processes.count == 3 && processes.allSatisfy { $0.threads == 1 }, "\(processes)")
    }

    /// Arguments, variables, annotations, files, what comes in and what goes out: none of it is ever in their memory, and none
    /// of it went through their hands.
    @Test(arguments: Guest.allCases) func nothingOfAGuestIsEverInIt(guest: Guest) throws {
        let mark = Self.mark()
        let input = String(repeating: "\(mark)\n", count: 100_000)
        let volume = try runtime.directory("volume")
        let words = [["args", mark], ["cat"], ["write", "/data/made", mark], ["read", "/data/made"]]
        for words in words {
            let container = try runtime.bundle(guest) {
                $0.arguments += words
                $0.environment.append("MARK=\(mark)")
                $0.mounts.append(BundleConfiguration.bind(volume, "/data"))
                $0.others["annotations"] = ["org.example.mark": .string(mark)]
            }
            let outcome = try container.start(
                "run", ["--bundle", container.bundle, "--zygote", zygote.socket], input: input
            ).wait()
            #expect(outcome.code == 0 && (words[0] != "cat" || outcome.output == input), "\(words)")
        }
        #expect(Machine.text(of: "\(volume)/made") == mark)
        // The search finds what is there.
        #expect(try OtherProcess(zygote.process).remembers("--socket"))
        for process in zygote.atRest() { #expect(try !process.remembers(mark), "\(process)") }
        // A thread's own account: that of a process counts the children that it had as well.
        let account = OtherProcess(zygote.process)("task/\(zygote.process)/io").split(separator: "\n").prefix(2)
        let moved = account.compactMap { Int($0.split(separator: " ").last ?? "") }
        #expect(moved.count == 2 && moved.allSatisfy { $0 < input.utf8.count / 2 }, "\(account)")
    }

    /// No bundle, root, volume, record, stream or socket of a container stays open.
    @Test(arguments: Guest.allCases) func noDescriptorOfAContainerIsInIt(guest: Guest) throws {
        let own = Set(zygote.atRest().flatMap(\.descriptors.values))
        let volume = try runtime.directory("volume")
        let containers = try (0..<3).map { _ in
            try runtime.bundle(guest, "rest") { $0.mounts.append(BundleConfiguration.bind(volume, "/data")) }
        }
        for container in containers {
            try #require(container.create("--zygote", zygote.socket).code == 0)
            try #require(container("start").code == 0)
        }
        let insides = Set(try containers.map { try $0.process() })
        for process in zygote.atRest() where !insides.contains(process.number) {
            for (number, target) in process.descriptors where !own.contains(target) {
                // Who waits has a connection, a network and the table of mounts; the modules are the cache's.
                let isOrdinary =
                    ["socket:", "anon_inode:[pidfd]", "pidfd:", "net:"].contains { target.hasPrefix($0) }
                    || target == "/proc/\(process.number)/mountinfo" || target.hasSuffix(".cwasm")
                #expect(isOrdinary, "\(process): \(number) \(target)")
            }
            #expect(process.descriptors.values.filter { $0.hasPrefix("socket:") }.count <= 5, "\(process.descriptors)")
        }
    }

    /// Before `start` nothing of the container's has run: it stands in its groups and namespaces already.
    @Test(arguments: Guest.allCases) func aContainerIsInItsPlaceBeforeAnythingOfItRuns(guest: Guest) throws {
        let kinds = ["pid", "net", "ipc", "uts", "mnt"]
        func place(_ options: String...) throws -> (groups: [String], hasOwn: Set<String>) {
            let container = try runtime.bundle(guest, "rest")
            let created = try container.start("create", ["--bundle", container.bundle] + options).wait()
            try #require(created.code == 0, "\(created)")
            let process = OtherProcess(try container.process())
            let before = (process("cgroup"), process.namespaces(kinds))
            try #require(container("start").code == 0)
            #expect(created.of.wrote("ready"))
            #expect(process("cgroup") == before.0 && process.namespaces(kinds) == before.1)
            let shared = Set(OtherProcess(zygote.process).namespaces(kinds))
            #expect(before.1.count == kinds.count && shared.isDisjoint(with: before.1), "\(before.1)")
            let lines = before.0.split(separator: "\n").filter { $0.contains(container.id) }
            return (lines.map { $0.replacingOccurrences(of: container.id, with: "ID") }, shared)
        }
        let served = try place("--zygote", zygote.socket)
        #expect(!served.groups.isEmpty)
        #expect(try served.groups == place().groups)
    }

    /// However often one looks while containers start: who runs a container's program stands in the container's groups.
    @Test(arguments: Guest.allCases) func nobodyIsSeenRunningAGuestOutsideOfItsGroups(guest: Guest) throws {
        let name = String(guest.path.dropFirst())
        let outside = OtherProcess(zygote.process)
        var looks = 0
        for _ in 0..<12 {
            let container = try runtime.bundle(guest, "rest")
            let running = try container.start("run", ["--bundle", container.bundle, "--zygote", zygote.socket])
            let deadline = Date(timeIntervalSinceNow: 0.15)
            repeat {
                for process in Self.descendants(of: zygote.process) where process.name == name {
                    let (groups, spaces) = (process("cgroup"), process.namespaces(["pid", "mnt"]))
                    guard !groups.isEmpty, spaces.count == 2 else { continue }
                    looks += 1
                    #expect(groups.contains(container.id), "\(groups)")
                    #expect(Set(spaces).isDisjoint(with: outside.namespaces(["pid", "mnt"])))
                }
            } while Date() < deadline
            #expect(running.wrote("ready"))
            #expect(try container("delete", "--force").code == 0)
            _ = try running.wait()
        }
        #expect(looks > 0)
        // The first thing that a native program does is to look itself.
        let container = try runtime.bundle(.native, "read", "/proc/self/cgroup")
        #expect(try container.run("--zygote", zygote.socket).output.contains(container.id))
    }

    @Test func descriptorsOfAClientDoNotComeIn() throws {
        let leaking = { (container: Container) in
            let words = [self.runtime.martlet] + self.runtime.options
            let command = words + ["run", "--zygote", self.zygote.socket, "--bundle", container.bundle, container.id]
            return try self.runtime.other(
                "/bin/sh", "-c", "exec 3</ 4</etc 5</proc 9</etc/shadow; exec \(command.joined(separator: " "))")
        }
        let native = try leaking(runtime.bundle(.native, "descriptors"))
        #expect(native.code == 0 && native.lines.map { $0.prefix(2) } == ["0 ", "1 ", "2 "], "\(native)")
        let wasm = try leaking(runtime.bundle(.wasm, "descriptors"))
        #expect(wasm.code == 0 && wasm.lines == ["0", "1", "2", "3"], "\(wasm)")
    }

    /// The process around a guest has its streams, its root and its module, by whomever it was made.
    @Test func theProcessOfAGuestHasWhatItHasWithoutAZygote() throws {
        func descriptors(_ options: String...) throws -> [String] {
            let container = try runtime.bundle(.wasm, "rest")
            let created = try container.start("create", ["--bundle", container.bundle] + options).wait()
            try #require(created.code == 0, "\(created)")
            try #require(container("start").code == 0)
            #expect(created.of.wrote("ready"))
            let process = OtherProcess(try container.process())
            let host = try FileStatus.of("/")
            for (number, target) in process.descriptors where target == "/" {
                let status = try FileStatus.of("\(process.directory)/fd/\(number)")
                #expect(status.device != host.device || status.inode != host.inode, "\(number) is the host's root")
            }
            return process.descriptors.values.filter { !$0.hasPrefix(created.of.folder.path) }.sorted()
        }
        let served = try descriptors("--zygote", zygote.socket)
        #expect(try served == descriptors())
        #expect(served.allSatisfy { $0 == "/" || $0.hasSuffix(".cwasm") }, "\(served)")
    }

    private static func descendants(of process: Int32) -> [OtherProcess] {
        let children = OtherProcess(process)("task/\(process)/children").split(separator: " ").compactMap { Int32($0) }
        return children.map(OtherProcess.init) + children.flatMap(descendants)
    }
}
