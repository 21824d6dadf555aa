import Foundation
import JSON
import SystemCalls
import Testing

@Suite("Mounts", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct MountTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    @Test(arguments: Guest.allCases) func aDirectoryIsSharedForReadingAndWriting(guest: Guest) throws {
        let shared = try runtime.directory("shared")
        try runtime.file("shared/greeting", "hello")
        let bind = BundleConfiguration.bind(shared, "/data", "rw")
        let read = try runtime.bundle(guest, "read", "/data/greeting") { $0.mounts.append(bind) }.run()
        #expect(read.output == "hello", "\(read)")
        let wrote = try runtime.bundle(guest, "write", "/data/made", "text") { $0.mounts.append(bind) }.run()
        #expect(wrote.code == 0 && Machine.text(of: "\(shared)/made") == "text", "\(wrote)")
    }

    @Test(arguments: Guest.allCases) func aReadOnlyMountIsNotWritten(guest: Guest) throws {
        let shared = try runtime.directory("shared")
        for options in [["ro"], ["rbind", "ro"], ["rbind", "rro"]] {
            let wrote = try runtime.bundle(guest, "write", "/data/made", "text") {
                $0.mounts.append(
                    [
                        "destination": "/data", "type": "bind", "source": .string(shared),
                        "options": BundleConfiguration.strings(["bind"] + options),
                    ])
            }.run()
            #expect(wrote.code != 0 && !Machine.exists("\(shared)/made"), "\(options): \(wrote)")
        }
    }

    /// What a container mounts in a volume mustn't appear on the host, whose mounts are shared as systemd has them.
    @Test(arguments: [["user"], []]) func theMountsOfAContainerAreItsOwn(more: [String]) throws {
        let folder = try runtime.directory("folder")
        let mapping: JSONValue = ["containerID": 0, "hostID": 0, "size": 65536]
        let container = try runtime.bundle(.native, "read", "/proc/self/mountinfo") {
            $0.mounts += [
                BundleConfiguration.bind(folder, "/one"), BundleConfiguration.bind(folder, "/two", "rbind"),
                BundleConfiguration.bind(folder, "/three", "rshared"),
            ]
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "mount"] + more)
            if !more.isEmpty {
                $0.linux["uidMappings"] = [mapping]
                $0.linux["gidMappings"] = [mapping]
            }
        }
        let outcome = try runtime.other(
            "/usr/bin/unshare", "--mount", "--propagation", "private", "sh", "-c",
            "mount --make-rshared / && exec \"$@\"", "sh",
            runtime.martlet, "--root", runtime.stateDirectory, "run", "--bundle", container.bundle, container.id)
        let shared = outcome.lines.filter { $0.contains(" shared:") }
        #expect(outcome.lines.filter { $0.contains(" master:") }.count >= 3, "\(outcome)")
        // In a peer group of its own, since the configuration asks for it.
        #expect(shared.count == 1 && shared[0].contains(" /three ") && shared[0].contains(" master:"), "\(outcome)")
    }

    /// In a namespace of its own the host's mounts have their flags locked: nobody may write by way of a container.
    @Test(arguments: Guest.allCases) func aUserNamespaceWritesNothingThatIsReadOnlyOnTheHost(guest: Guest) throws {
        let shared = try runtime.directory("shared")
        let container = try runtime.bundle(guest, "write", "/data/made", "text") {
            $0.useOwnUserNamespace()
            $0.mounts.append(BundleConfiguration.bind(shared, "/data", "rw"))
        }
        try container.giveFilesAway()
        let outcome = try runtime.other(
            "/usr/bin/unshare", "--mount", "--propagation", "slave", "sh", "-c",
            "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"", shared,
            runtime.martlet, "--root", runtime.stateDirectory, "run", "--bundle", container.bundle, container.id)
        #expect(outcome.code != 0 && outcome.error.contains("].options: \"rw\" can't be had: "), "\(outcome)")
        #expect(!Machine.exists("\(shared)/made"))
    }

    /// Their trees are opened outside of the user namespace, all before the container's process is made.
    @Test(arguments: Guest.allCases) func moreMountsThanDescriptorsAreAllowedAreMade(guest: Guest) throws {
        let shared = try runtime.directory("shared")
        try runtime.file("shared/greeting", "hello")
        let last = 1100
        let words = guest == .native ? ["read", "/proc/self/limits"] : ["read", "/data/\(last)/greeting"]
        let hook = BundleConfiguration.hook("ulimit -Sn >> \(runtime.path("limits"))")
        let container = try runtime.bundle(guest) {
            $0.arguments += words
            $0.useOwnUserNamespace()
            $0.mounts += (0...last).map { BundleConfiguration.bind(shared, "/data/\($0)") }
            $0.others["hooks"] = ["createRuntime": [hook]]
        }
        try container.giveFilesAway()
        let outcome = try runtime.other(
            "/usr/bin/prlimit", "--nofile=1000:4000", runtime.martlet, "--root", runtime.stateDirectory, "run",
            "--bundle", container.bundle, container.id)
        if guest == .native {
            let limit = outcome.lines.first { $0.hasPrefix("Max open files") }?.split(separator: " ")
            #expect(limit?[3...4] == ["1000", "4000"], "\(outcome)")
        } else {
            #expect(outcome.output == "hello", "\(outcome)")
        }
        #expect(Machine.text(of: runtime.path("limits")) == "1000\n")
        let less = try runtime.other(
            "/usr/bin/prlimit", "--nofile=1000:1000", runtime.martlet, "--root", runtime.stateDirectory, "run",
            "--bundle", container.bundle, container.id)
        #expect(less.code != 0 && less.error.contains("mounts[") && less.error.contains("EMFILE"), "\(less)")
    }

    @Test(arguments: Guest.allCases) func aSingleFileIsMounted(guest: Guest) throws {
        let file = try runtime.file("note", "one file")
        let read = try runtime.bundle(guest, "read", "/etc/deep/note") {
            $0.mounts.append(BundleConfiguration.bind(file, "/etc/deep/note", "ro"))
        }
        #expect(try read.run().output == "one file")
        let wrote = try runtime.bundle(guest, "write", "/note", "changed") {
            $0.mounts.append(BundleConfiguration.bind(file, "/note"))
        }.run()
        #expect(wrote.code == 0 && Machine.text(of: file) == "changed", "\(wrote)")
    }

    @Test(arguments: Guest.allCases) func aTemporaryFilesystemIsEmptyAndGoneAfterwards(guest: Guest) throws {
        let tmpfs: JSONValue = [
            "destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m", "mode=1777"],
        ]
        let container = try runtime.bundle(guest, "write", "/tmp/made", "text") { $0.mounts.append(tmpfs) }
        #expect(try container.run().code == 0)
        #expect(!Machine.exists("\(container.root)/tmp/made"))
    }

    @Test(arguments: Guest.allCases) func aReadOnlyRootIsNotWritten(guest: Guest) throws {
        let container = try runtime.bundle(guest, "write", "/made", "text") { $0.isRootReadOnly = true }
        #expect(try container.run().code != 0)
        #expect(!Machine.exists("\(container.root)/made"))
        let writable = try runtime.bundle(guest, "write", "/made", "text")
        #expect(try writable.run().code == 0)
        #expect(Machine.text(of: "\(writable.root)/made") == "text")
    }

    @Test func maskedPathsShowNothingAndReadOnlyPathsAreNotWritten() throws {
        let masking: (inout BundleConfiguration) -> Void = {
            $0.linux["maskedPaths"] = ["/secret", "/hidden", "/absent"]
            $0.linux["readonlyPaths"] = ["/fixed"]
        }
        for guest in Guest.allCases {
            for (words, succeeds) in [
                (["read", "/secret"], true), (["list", "/hidden"], true), (["write", "/fixed/made", "x"], false),
                (["write", "/free", "x"], true),
            ] {
                let container = try runtime.bundle(guest) {
                    $0.arguments += words
                    masking(&$0)
                }
                try Data("secret".utf8).write(to: URL(fileURLWithPath: "\(container.root)/secret"))
                for name in ["hidden", "fixed"] { _ = try runtime.directory("\(container.id)/rootfs/\(name)") }
                try Data("secret".utf8).write(to: URL(fileURLWithPath: "\(container.root)/hidden/file"))
                let outcome = try container.run()
                #expect(outcome.output.isEmpty && !Machine.exists("\(container.root)/fixed/made"), "\(outcome)")
                #expect((outcome.code == 0) == succeeds || words[0] == "read", "\(guest) \(outcome)")
            }
        }
    }

    @Test func theKernelsFilesystemsAreMountedForNativePrograms() throws {
        let container = try runtime.bundle(.native, "read", "/proc/self/mountinfo") {
            $0.mounts += [
                [
                    "destination": "/dev/shm", "type": "tmpfs", "source": "shm",
                    "options": ["nosuid", "noexec", "size=64k"],
                ],
                ["destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro", "nosuid"]],
                [
                    "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
                    "options": ["ro", "relatime"],
                ],
            ]
        }
        let outcome = try container.run()
        let mounted = Set(outcome.lines.map { String($0.split(separator: " ")[4]) })
        #expect(mounted.isSuperset(of: ["/", "/proc", "/dev", "/dev/pts", "/dev/shm", "/sys"]), "\(outcome)")
        #expect(!outcome.output.contains("/.old") && !outcome.output.contains("pivot"))
        #expect(!Machine.text(of: "/proc/self/mountinfo").contains(container.id), "nothing is left on the host")
    }

    @Test func aWasmGuestSeesNothingOfTheKernelsFilesystems() throws {
        for path in ["/proc", "/dev", "/dev/pts"] {
            let outcome = try runtime.bundle(.wasm, "list", path).run()
            #expect(outcome.lines.allSatisfy { $0 == "pts" }, "\(outcome)")
        }
    }

    /// As `podman top` does; the guest, and others in its container, see nothing of it.
    @Test(arguments: [false, true]) func whoJoinsTheMountNamespaceOfAGuestFindsItsProcesses(isReadOnly: Bool) throws {
        let shared = try runtime.directory("shared")
        try runtime.file("shared/greeting", "hello")
        func bundle(_ words: String...) throws -> Container {
            try runtime.bundle(.wasm) {
                $0.arguments += words
                $0.isRootReadOnly = isReadOnly
                $0.mounts.append(BundleConfiguration.bind(shared, "/data"))
            }
        }
        let container = try bundle("rest")
        _ = try container.launch()
        let second = try container.start("exec", then: [Guest.wasm.path, "rest", "second"])
        #expect(second.wrote("ready"))
        func joined(_ words: String...) throws -> Outcome {
            let words = ["/usr/bin/nsenter", "--mount", "--target", "\(try container.process())", "/guest"] + words
            return try Running.start(words, in: runtime.folder).wait()
        }
        #expect(try joined("read", "/proc/1/cmdline").output.hasPrefix("/guest.wasm\0rest\0\0"))
        let numbers = try joined("list", "/proc").lines.filter { $0.allSatisfy(\.isNumber) && $0 != "1" }
        #expect(try numbers.contains { try joined("read", "/proc/\($0)/cmdline").output.contains("\0second\0") })
        #expect(try joined("write", "/proc/sys/kernel/domainname", "x").code != 0)

        for words in [["list", "/proc"], ["read", "/proc/1/cmdline"], ["read", "/proc/self/environ"]] {
            let other = try container("exec", then: [Guest.wasm.path] + words)
            #expect(other.output.isEmpty, "\(other)")
            let first = try runtime.bundle(.wasm) {
                $0.arguments += words
                $0.isRootReadOnly = isReadOnly
            }
            let created = try first.create()
            #expect(try created.code == 0 && first("start").code == 0)
            #expect(try first.becomes("stopped"))
            #expect(created.of.output.isEmpty, "\(words): \(created)")
        }
        let volume = try bundle("read", "/data/greeting")
        let created = try volume.create()
        #expect(try created.code == 0 && volume("start").code == 0)
        #expect(created.of.wrote("hello"))
        #expect(try container("exec", then: [Guest.wasm.path, "read", "/data/greeting"]).output == "hello")
        // It can't be had where its directory would be made in what is the host's, or isn't one.
        let linked = try bundle("rest")
        try FileManager.default.removeItem(atPath: "\(linked.root)/proc")
        try FileManager.default.createSymbolicLink(atPath: "\(linked.root)/proc", withDestinationPath: "/data")
        _ = try linked.launch()
        #expect(try FileManager.default.contentsOfDirectory(atPath: shared) == ["greeting"])
        #expect(try linked("exec", then: [Guest.wasm.path, "list", "/proc"]).output == "greeting\n")
    }

    @Test func usualDevicesAreThereForNativePrograms() throws {
        let outcome = try runtime.bundle(.native, "list", "/dev").run()
        let wanted = [
            "null", "zero", "full", "random", "urandom", "tty", "ptmx", "fd", "stdin", "stdout", "stderr", "pts",
        ]
        #expect(Set(outcome.lines).isSuperset(of: wanted), "\(outcome)")
        #expect(try runtime.bundle(.native, "write", "/dev/null", "x").run().code == 0)
    }
}
