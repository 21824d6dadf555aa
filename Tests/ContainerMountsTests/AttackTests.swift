import SystemCalls
import Testing

@testable import ContainerMounts

/// What images and volumes did to other runtimes: nothing outside of the root is touched, and nothing fake is trusted.
@Suite(.enabled(if: Machine.isRoot, "mounts need root")) struct AttackTests {
    @Test func aLinkedProcIsRefused() throws {
        let bundle = try Bundle()
        try Files.removeDirectory(bundle.path + "/rootfs/proc")
        try bundle.makeDirectory("rootfs/fake")
        try bundle.link("rootfs/proc", to: "/fake")
        let report = try bundle.enter(Configuration(mounts: [Configuration.procMount]))
        #expect(
            report.refusal
                == "mounts[0].destination: /proc in the root is no directory; proc is mounted on nothing else")
    }

    @Test(arguments: ["proc", "sys"])
    func aFileInPlaceOfAKernelFileSystemIsRefused(_ name: String) throws {
        let bundle = try Bundle()
        try Files.removeDirectory("\(bundle.path)/rootfs/\(name)")
        try bundle.write("rootfs/\(name)", "fake")
        let type = name == "sys" ? "sysfs" : "proc"
        let report = try bundle.enter(
            Configuration(mounts: [#"{"destination":"/\#(name)","type":"\#(type)"}"#]))
        #expect(report.refusal?.hasPrefix("mounts[0].destination: ") == true)
    }

    @Test func nothingButProcIsMountedOnProc() throws {
        let bundle = try Bundle()
        let tmpfs = try bundle.enter(Configuration(mounts: [#"{"destination":"/proc","type":"tmpfs"}"#]))
        #expect(tmpfs.refusal?.contains("/proc can only be a proc file system") == true)
        let bind = try bundle.enter(
            Configuration(mounts: [#"{"destination":"/proc","type":"bind","source":"\#(bundle.path)/outside"}"#]))
        #expect(bind.refusal?.contains("/proc can only be a proc file system") == true)
    }

    @Test func nothingIsMountedInsideOfProc() throws {
        let bundle = try Bundle()
        try bundle.link("rootfs/way", to: "/proc/self")
        for destination in ["/proc/self/attr", "/proc/sys", "/way/attr", "/x/../proc/sys"] {
            let mount = #"{"destination":"\#(destination)","type":"tmpfs"}"#
            let report = try bundle.enter(Configuration(mounts: [Configuration.procMount, mount]))
            #expect(report.refusal?.hasPrefix("mounts[1].destination: ") == true, "\(destination)")
        }
        let report = try bundle.enter(
            Configuration(mounts: [
                Configuration.procMount,
                #"{"destination":"/proc/uptime","type":"bind","source":"\#(bundle.path)/outside/canary"}"#,
            ]), "read=/proc/uptime")
        #expect(report.answer("read /proc/uptime") == "alive")
    }

    @Test(arguments: ["outside", "/../../../../../..", "../outside", "../../../../../../../../tmp"])
    func aTargetThatLinksOutsideStaysInside(_ link: String) throws {
        let bundle = try Bundle()
        let target = link == "outside" ? bundle.path + "/outside" : link
        try bundle.link("rootfs/target", to: target)
        let report = try bundle.enter(
            Configuration(mounts: [#"{"destination":"/target/new/below","type":"tmpfs"}"#]),
            "create=/target/new/below/x")
        #expect(report.refusal == nil)
        #expect(report.answer("create /target/new/below/x") == "ok")
        #expect(!bundle.exists("new") && !bundle.exists("outside/new"))
        try bundle.expectCanary()
    }

    @Test func aDanglingLinkIsFilledInsideOfTheRoot() throws {
        let bundle = try Bundle()
        try bundle.makeDirectory("rootfs/etc")
        try bundle.link("rootfs/etc/resolv.conf", to: "../run/systemd/resolve/stub")
        let report = try bundle.enter(
            Configuration(mounts: [
                #"{"destination":"/etc/resolv.conf","type":"bind","source":"\#(bundle.path)/outside/canary"}"#
            ]), "read=/etc/resolv.conf", "read=/run/systemd/resolve/stub")
        #expect(report.answer("read /etc/resolv.conf") == "alive")
        #expect(report.answer("read /run/systemd/resolve/stub") == "alive")
    }

    @Test func linksInACircleEnd() throws {
        let bundle = try Bundle()
        try bundle.link("rootfs/a", to: "/b")
        try bundle.link("rootfs/b", to: "/a")
        let report = try bundle.enter(Configuration(mounts: [#"{"destination":"/a/c","type":"tmpfs"}"#]))
        #expect(report.refusal?.contains("ELOOP") == true)
    }

    @Test(arguments: ["null", "zero", "tty"])
    func aDeviceThatIsALinkInTheImageIsRefused(_ name: String) throws {
        let bundle = try Bundle()
        try bundle.link("rootfs/dev/\(name)", to: bundle.path + "/outside/canary")
        let report = try bundle.enter(Configuration())
        #expect(report.refusal?.hasPrefix("default device /dev/\(name): the root has something else") == true)
        try bundle.expectCanary()
    }

    @Test func aPlainFileByTheNameOfADeviceIsCovered() throws {
        let bundle = try Bundle()
        try bundle.write("rootfs/dev/null", "fake")
        let report = try bundle.enter(Configuration(), "kind=/dev/null")
        #expect(report.answer("kind /dev/null") == "character 1:3")
        let left = try Files.contents(of: bundle.path + "/rootfs/dev/null", limit: 10)
        #expect(String(decoding: left, as: UTF8.self) == "fake")
    }

    @Test func anotherDeviceByTheNameOfNullIsRefused() throws {
        let bundle = try Bundle()
        let directory = try Files.open(bundle.path + "/rootfs/dev", flags: [.readOnly, .directory])
        let zero = MountedFile.Kind.characterDevice(DeviceNumber(major: 1, minor: 5))
        try DeviceNodes.make(zero, "null", in: directory.rawValue, permissions: 0o666)
        let report = try bundle.enter(Configuration())
        #expect(report.refusal?.hasPrefix("default device /dev/null: ") == true)
    }

    @Test func aLinkedDeviceDirectoryIsRefused() throws {
        let bundle = try Bundle()
        try Files.removeDirectory(bundle.path + "/rootfs/dev")
        try bundle.link("rootfs/dev", to: bundle.path + "/outside")
        let report = try bundle.enter(Configuration(), "kind=/dev/null")
        #expect(report.refusal?.hasPrefix("default device /dev: ") == true)
        try bundle.expectCanary()
    }

    /// Through a link nodes would come to the host, by whatever name and mode the configuration has for the container.
    @Test(arguments: ["dev", "sub"]) func noDeviceIsMadeInAVolume(link: String) throws {
        let bundle = try Bundle()
        try bundle.makeDirectory("rootfs/volume")
        if link == "dev" { try Files.removeDirectory(bundle.path + "/rootfs/dev") }
        try bundle.link(link == "dev" ? "rootfs/dev" : "rootfs/dev/sub", to: "/volume")
        let volume = #"{"destination":"/volume","type":"bind","source":"\#(bundle.path)/outside","options":["rbind"]}"#
        let device = #""devices":[{"type":"c","path":"/dev/sub/zero","major":1,"minor":5}]"#
        let report = try bundle.enter(Configuration(mounts: [volume], linux: [device]), "console")
        #expect(report.refusal != nil)
        try bundle.expectCanary()
    }

    @Test func aLinkedConsoleIsRefused() throws {
        let bundle = try Bundle()
        try bundle.link("rootfs/dev/console", to: bundle.path + "/outside/canary")
        let report = try bundle.enter(Configuration(), "console")
        #expect(report.refusal?.hasPrefix("process.terminal: /dev/console") == true)
        try bundle.expectCanary()
    }

    @Test func aHostsTerminalMultiplexerIsReplaced() throws {
        let bundle = try Bundle()
        try bundle.write("rootfs/dev/ptmx", "fake")
        let report = try bundle.enter(Configuration(), "link=/dev/ptmx")
        #expect(report.answer("link /dev/ptmx") == "pts/ptmx")
    }

    @Test func aMaskedPathThatIsALinkMasksWhatTheContainerSees() throws {
        let bundle = try Bundle()
        try bundle.write("rootfs/secret", "secret")
        try bundle.link("rootfs/masked", to: "/../../secret")
        try bundle.link("rootfs/away", to: bundle.path + "/outside/canary")
        let report = try bundle.enter(
            Configuration(linux: [#""maskedPaths":["/masked","/away"]"#]), "read=/secret")
        #expect(report.refusal == nil)
        #expect(report.answer("read /secret") == "")
        try bundle.expectCanary()
    }

    @Test func aFakeNullDeviceMasksNothing() throws {
        let bundle = try Bundle()
        try bundle.makeDirectory("fake")
        try bundle.link("fake/null", to: "/canary")
        try bundle.write("rootfs/canary", "alive")
        try bundle.write("rootfs/secret", "secret")
        let device = #"{"destination":"/dev","type":"bind","source":"\#(bundle.path)/fake","options":["rbind"]}"#
        let report = try bundle.enter(
            Configuration(mounts: [device], linux: [#""maskedPaths":["/secret"]"#]), "read=/secret", "write=/secret",
            "read=/canary")
        #expect(report.refusal == nil)
        #expect(report.answer("read /secret") == "")
        #expect(report.answer("write /secret")?.contains("EROFS") == true)
        #expect(report.answer("read /canary") == "alive")
        #expect(try bundle.names("fake") == ["null"])
    }

    @Test func aDescriptorOfTheHostIsNoWorkingDirectory() throws {
        let bundle = try Bundle()
        try bundle.link("rootfs/way", to: "/proc/self/fd/7")
        let report = try bundle.enter(
            .standard, "cwd=/proc/self/fd/7", "cwd=/way", "cwd=/proc/self/fd/7/..", "cwd=/proc/1/root", "cwd=/../..",
            "cwd=/new/deep")
        for path in ["/proc/self/fd/7", "/way", "/proc/self/fd/7/..", "/proc/1/root"] {
            #expect(report.answer("cwd \(path)")?.hasPrefix("process.cwd: ") == true, "\(path)")
        }
        #expect(report.answer("cwd /../..") == "/")
        #expect(report.answer("cwd /new/deep") == "/new/deep")
    }

    @Test func aDirectoryOutsideOfTheRootIsTold() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(.standard, "escape")
        #expect(report.refusal == nil)
        #expect(report.text.contains("inside=false"))
    }

    @Test func aTargetThatIsExchangedInARaceNeverLeadsOutside() throws {
        let bundle = try Bundle()
        try bundle.makeDirectory("rootfs/a")
        try bundle.link("rootfs/b", to: bundle.path + "/outside")
        let configuration = Configuration(mounts: [#"{"destination":"/a/sub","type":"tmpfs"}"#])
        try bundle.write("config.json", configuration.text(root: bundle.path + "/rootfs"))
        let report = try Bundle.probe(["race", "bundle=\(bundle.path)", "exchanges=100000", "mounts=2000"])
        #expect(report.end == .exited(.code(0)), "\(report.text)")
        #expect(report.text.contains("exchanges=100000"))
        #expect(!report.text.contains("escaped"))
        try bundle.expectCanary()
    }
}
