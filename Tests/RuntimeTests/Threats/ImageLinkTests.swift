import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: the image puts a link where the runtime will mount or write (CVE-2025-31133, 2025-52565, 2026-41579,
/// 2023-27561, 2025-24965, 2022-23648).
@Suite("Links of an image lead nowhere", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct ImageLinkTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// A folder of the host that stands for everything that mustn't be reached.
    private func victim() throws -> String {
        let victim = try runtime.directory("victim")
        try runtime.file("victim/file", "untouched")
        return victim
    }

    private func expectUntouched(_ victim: String, _ outcome: Outcome) throws {
        #expect(Machine.text(of: "\(victim)/file") == "untouched", "\(outcome)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: victim) == ["file"], "\(outcome)")
        #expect(try FileStatus.of("\(victim)/file").permissions == 0o644)
    }

    private func link(_ container: Container, _ path: String, _ target: String) throws {
        try? FileManager.default.removeItem(atPath: "\(container.root)\(path)")
        try FileManager.default.createSymbolicLink(atPath: "\(container.root)\(path)", withDestinationPath: target)
    }

    /// Without a tmpfs on /dev the nodes go into the image's own folder.
    @Test(arguments: ["null", "zero", "console", "tty", "ptmx", "fd", "stdin", "shm", "pts"])
    func aDeviceThatIsALink(name: String) throws {
        let victim = try victim()
        for target in ["\(victim)/file", "../../../../../../../..\(victim)/file", "/proc/self/root\(victim)/file"] {
            let container = try runtime.bundle(.native, "read", "/dev/\(name)") {
                $0.mounts = [BundleConfiguration.mountsOfProc]
                $0.linux["maskedPaths"] = [.string("/dev/\(name)")]
            }
            try link(container, "/dev/\(name)", target)
            let outcome = try container.run(input: "")
            #expect(!outcome.output.contains("untouched"))
            try expectUntouched(victim, outcome)
        }
    }

    @Test(arguments: Guest.allCases) func theFoldersOfTheKernelsFilesystemsAreLinks(guest: Guest) throws {
        let victim = try victim()
        for name in ["/proc", "/dev", "/sys"] {
            let container = try runtime.bundle(guest, "exit", "0") {
                $0.mounts.append(["destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]])
            }
            try link(container, name, victim)
            let outcome = try container.run()
            try expectUntouched(victim, outcome)
            #expect(!Machine.text(of: "/proc/self/mountinfo").contains(victim))
        }
    }

    /// To Swift a slash and the combining mark behind it are one character, to the kernel a slash.
    @Test(arguments: Guest.allCases) func aSlashWithACombiningMarkIsASlash(guest: Guest) throws {
        let victim = try victim()
        let source = try runtime.directory("source")
        let file = try runtime.file("file", "from the source")
        for mount in [
            BundleConfiguration.bind(source, "/way/\u{301}made"), BundleConfiguration.bind(file, "/way/\u{301}made"),
            ["destination": "/way/\u{301}made", "type": "tmpfs", "source": "tmpfs"],
            BundleConfiguration.bind(source, "/way/\u{301}made/deep"),
            BundleConfiguration.bind(source, "/x/../way/\u{301}y"),
        ] {
            let container = try runtime.bundle(guest, "exit", "0") { $0.mounts.append(mount) }
            try link(container, "/way", victim)
            try expectUntouched(victim, try container.run())
        }
    }

    @Test func aProcThatIsAFileIsRefused() throws {
        let container = try runtime.bundle(.native, "exit", "0")
        try FileManager.default.removeItem(atPath: "\(container.root)/proc")
        try Data().write(to: URL(fileURLWithPath: "\(container.root)/proc"))
        let outcome = try container.run()
        #expect(outcome.code != 0 && outcome.error.contains("/proc"), "\(outcome)")
    }

    @Test func aProcThatIsALinkIsRefused() throws {
        let container = try runtime.bundle(.native, "exit", "0")
        _ = try runtime.directory("\(container.id)/rootfs/elsewhere")
        try link(container, "/proc", "/elsewhere")
        #expect(try container.run().code != 0)
    }

    @Test(arguments: Guest.allCases) func theTargetOfAMountIsALink(guest: Guest) throws {
        let victim = try victim()
        let source = try runtime.directory("source")
        try runtime.file("source/file", "from the source")
        for (destination, place) in [("/data", "/data"), ("/a/b/data", "/a"), ("/etc/../data", "/data")] {
            for target in [victim, "../../../../../../../..\(victim)", "/proc/1/root\(victim)"] {
                let container = try runtime.bundle(guest, "read", "/data/file") {
                    $0.mounts.append(BundleConfiguration.bind(source, destination))
                }
                try link(container, place, target)
                let outcome = try container.run()
                try expectUntouched(victim, outcome)
                #expect(!outcome.output.contains("untouched"))
            }
        }
    }

    @Test func aSingleFileIsMountedOverALink() throws {
        let victim = try victim()
        let file = try runtime.file("note", "note")
        let container = try runtime.bundle(.native, "write", "/etc-passwd", "changed") {
            $0.mounts.append(BundleConfiguration.bind(file, "/etc-passwd"))
        }
        try link(container, "/etc-passwd", "\(victim)/absent/deep")
        try expectUntouched(victim, container.run())
    }

    @Test func maskedAndReadOnlyPathsAreLinks() throws {
        let victim = try victim()
        let container = try runtime.bundle(.native, "exit", "0") {
            $0.linux["maskedPaths"] = ["/masked"]
            $0.linux["readonlyPaths"] = ["/fixed"]
        }
        try link(container, "/masked", "\(victim)/file")
        try link(container, "/fixed", victim)
        try expectUntouched(victim, container.run())
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(victim)/file"))
    }

    @Test func devicesOfTheConfigurationGoThroughLinks() throws {
        let victim = try victim()
        let container = try runtime.bundle(.native, "exit", "0") {
            $0.linux["devices"] = [
                ["path": "/nodes/made", "type": "c", "major": 1, "minor": 3, "fileMode": 438],
                ["path": "/dev/../nodes/second", "type": "c", "major": 1, "minor": 3],
            ]
        }
        try link(container, "/nodes", victim)
        try expectUntouched(victim, container.run())
    }
}
