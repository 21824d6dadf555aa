import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: what hides and protects is led somewhere else by the image or by a volume (CVE-2025-31133, 2025-52565,
/// 2025-52881).
@Suite("Masks hide what they name", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(5)))
struct MaskTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// A volume on /dev with a fake null device, as another container may have put it there.
    private func fakes(_ victim: String) throws -> [(String, (String) throws -> Void)] {
        [
            ("a link to a file of the host", { try self.link($0, victim) }),
            ("a link out of the root", { try self.link($0, "../../../../../../../..\(victim)") }),
            ("a link by way of /proc", { try self.link($0, "/proc/1/root\(victim)") }),
            ("a file", { try Data("fake".utf8).write(to: URL(fileURLWithPath: $0)) }),
            ("a pipe", { _ = try self.make("mkfifo", $0) }),
            ("another device", { _ = try self.make("mknod", $0, "c", "1", "5") }),
            ("a folder", { try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: true) }),
            ("nothing", { _ in }),
        ]
    }

    /// A node of the file system, made by a program of the machine.
    private func make(_ program: String, _ words: String...) throws -> Outcome {
        try Running.start([Machine.program(program) ?? program] + words, in: runtime.folder).wait()
    }

    private func link(_ path: String, _ target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    @Test func aFakeNullDeviceHidesAsWellAsTheRealOne() throws {
        let victim = try runtime.file("victim", "untouched")
        for (index, (what, make)) in try fakes(victim).enumerated() {
            let devices = try runtime.directory("devices-\(index)")
            try make("\(devices)/null")
            for words in [["read", "/secret"], ["write", "/secret", "changed"]] {
                let container = try runtime.bundle(.native) {
                    $0.arguments += words
                    $0.mounts = [BundleConfiguration.mountsOfProc, BundleConfiguration.bind(devices, "/dev")]
                    $0.linux["maskedPaths"] = ["/secret", "/proc/kcore"]
                }
                try Data("secret".utf8).write(to: URL(fileURLWithPath: "\(container.root)/secret"))
                let outcome = try container.run(input: "")
                #expect(outcome.output.isEmpty, "\(what): \(outcome)")
                #expect(Machine.text(of: "\(container.root)/secret") == "secret", "\(what): \(outcome)")
                #expect(Machine.text(of: victim) == "untouched", "\(what): \(outcome)")
            }
        }
    }

    @Test func theNullDeviceIsSwappedWhileItMasks() throws {
        let victim = try runtime.file("victim", "untouched")
        let devices = try runtime.directory("devices")
        #expect(try make("mknod", "-m", "666", "\(devices)/null", "c", "1", "3").code == 0)
        try link("\(devices)/other", victim)
        let swapper = try Running.start(
            [Guest.native.file().path, "exchange", "\(devices)/null", "\(devices)/other"], in: runtime.folder)
        defer { swapper.kill() }
        for _ in 0..<RaceTests.rounds {
            let container = try runtime.bundle(.native, "read", "/secret") {
                $0.mounts = [BundleConfiguration.mountsOfProc, BundleConfiguration.bind(devices, "/dev")]
                $0.linux["maskedPaths"] = ["/secret"]
            }
            try Data("secret".utf8).write(to: URL(fileURLWithPath: "\(container.root)/secret"))
            let outcome = try container.run(input: "")
            #expect(!outcome.output.contains("secret") && !outcome.output.contains("untouched"), "\(outcome)")
        }
        #expect(Machine.text(of: victim) == "untouched")
    }

    /// Others may exchange names in a volume: what was to be hidden is hidden, or the container isn't made.
    @Test(arguments: ["maskedPaths", "readonlyPaths"]) func whatIsToBeHiddenIsSwapped(field: String) throws {
        let victim = try runtime.directory("victim")
        try runtime.file("victim/file", "untouched")
        let volume = try runtime.directory("volume")
        _ = try runtime.directory("volume/a")
        try runtime.file("volume/a/file", "a")
        try link("\(volume)/b", victim)
        let container = try runtime.bundle(.native, "write", "/volume/a/file", "changed") {
            $0.mounts.append(BundleConfiguration.bind(volume, "/volume"))
            $0.linux[field] = ["/volume/a"]
        }
        let swapper = try Running.start(
            [Guest.native.file().path, "exchange", "\(volume)/a", "\(volume)/b"], in: runtime.folder)
        defer { swapper.kill() }
        for _ in 0..<RaceTests.rounds {
            let outcome = try container.run()
            #expect(Machine.text(of: "\(victim)/file") == "untouched", "\(outcome)")
        }
        #expect(!Machine.text(of: "/proc/self/mountinfo").contains(victim))
    }

    /// The console and the terminal's multiplexer are the image's or a volume's own.
    @Test(arguments: ["console", "ptmx", "pts/ptmx", "pts", ""]) func aFakeConsoleIsNoWayOut(name: String) throws {
        let victim = try runtime.directory("victim")
        let file = try runtime.file("victim/file", "untouched")
        for target in [file, victim, "/proc/1/root\(file)"] {
            let container = try runtime.bundle(.native, "tty") {
                $0.process["terminal"] = true
                $0.mounts = [BundleConfiguration.mountsOfProc]
                if name != "pts/ptmx", name != "pts" { $0.mounts.append(BundleConfiguration.mountsOfPts) }
            }
            let path = "\(container.root)/dev/\(name)"
            if name == "pts/ptmx" { _ = try runtime.directory("\(container.id)/rootfs/dev/pts") }
            if name.isEmpty { try FileManager.default.removeItem(atPath: "\(container.root)/dev") }
            try link(name.isEmpty ? "\(container.root)/dev" : path, target)
            let outcome = try container.run(input: "")
            #expect(Machine.text(of: file) == "untouched", "\(outcome)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: victim) == ["file"], "\(outcome)")
            #expect(!Machine.text(of: "/proc/self/mountinfo").contains(victim))
        }
    }

    @Test func aTerminalComesFromTheKernelAlone() throws {
        let container = try runtime.bundle(.native, "tty") {
            $0.process["terminal"] = true
            $0.mounts = [BundleConfiguration.mountsOfProc]
        }
        _ = try runtime.directory("\(container.id)/rootfs/dev/pts")
        #expect(try make("mknod", "\(container.root)/dev/pts/ptmx", "c", "1", "3").code == 0)
        let outcome = try container.run(input: "")
        #expect(outcome.code != 0 && outcome.error.contains("process.terminal"), "\(outcome)")
    }
}
