import SystemCalls
import Testing

@testable import ContainerMounts

@Suite(.enabled(if: Machine.isRoot, "mounts need root")) struct NativeTreeTests {
    @Test func theStandardConfigurationIsThereAsItSays() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(
            .standard, "type=/proc", "options=/dev", "options=/dev/pts", "options=/sys", "list=/dev", "kind=/dev/null",
            "kind=/dev/tty", "mode=/dev/zero", "link=/dev/ptmx", "link=/dev/stdin", "write=/dev/null", "mode=/dev/shm")
        #expect(report.refusal == nil)
        #expect(report.answer("type /proc") == "proc")
        #expect(report.answer("options /dev")?.hasPrefix("rw,nosuid - tmpfs") == true)
        #expect(report.answer("options /dev/pts")?.contains("ptmxmode=666") == true)
        #expect(report.answer("options /sys")?.hasPrefix("ro,nosuid,nodev,noexec") == true)
        #expect(report.answer("kind /dev/null") == "character 1:3")
        #expect(report.answer("kind /dev/tty") == "character 5:0")
        #expect(report.answer("mode /dev/zero") == "666")
        #expect(report.answer("mode /dev/shm") == "1777")
        #expect(report.answer("link /dev/ptmx") == "pts/ptmx")
        #expect(report.answer("link /dev/stdin") == "/proc/self/fd/0")
        #expect(report.answer("write /dev/null") == "ok")
        #expect(
            report.answer("list /dev")
                == "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero")
        try bundle.expectCanary()
    }

    @Test func theHostsTreeIsGone() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(.standard, "mounts", "list=/", "cwd=/")
        let mounts = report.answer("mounts ")?.split(separator: " ") ?? []
        #expect(mounts.first == "/")
        #expect(!mounts.contains { $0.hasPrefix(bundle.path) || $0 == "/tmp" })
        #expect(report.answer("list /") == "dev proc sys")
        #expect(report.answer("cwd /") == "/")
    }

    @Test func withoutPivotTheHostsTreeIsOutOfReach() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(.standard, "nopivot", "list=/", "list=/..", "type=/proc", "read=/proc/keys")
        #expect(report.refusal == nil)
        #expect(report.answer("list /") == "dev proc sys")
        #expect(report.answer("list /..") == "dev proc sys")
        #expect(report.answer("type /proc") == "proc")
        #expect(report.answer("read /proc/keys") == "")
    }

    @Test func aSharedMountNamespaceStaysAsItIs() throws {
        let bundle = try Bundle()
        let before = try Files.contents(of: "/proc/self/mountinfo", limit: 1 << 22)
        var configuration = Configuration.standard
        configuration.namespaces.removeAll { $0 == "mount" }
        configuration.isReadOnly = true
        let report = try bundle.enter(
            configuration, "list=/", "list=/..", "kind=/dev/null", "write=/proc/bus/x", "create=/x", "read=/proc/keys",
            "create=/dev/shm/x", "create=/sys/x")
        if report.refusal?.contains("EINVAL") == true { return }  // Before Linux 6.15.
        #expect(report.refusal == nil)
        #expect(report.answer("list /") == "dev proc sys")
        #expect(report.answer("list /..") == "dev proc sys")
        #expect(report.answer("kind /dev/null") == "character 1:3")
        #expect(report.answer("read /proc/keys") == "")
        #expect(report.answer("create /x")?.contains("EROFS") == true)
        #expect(report.answer("create /dev/shm/x") == "ok")
        let after = try Files.contents(of: "/proc/self/mountinfo", limit: 1 << 22)
        #expect(before == after)
    }

    @Test func maskedPathsAreEmptyAndReadonlyOnesCannotBeWritten() throws {
        let bundle = try Bundle()
        for name in ["rootfs/secrets", "rootfs/more", "rootfs/kept"] { try bundle.makeDirectory(name) }
        try bundle.write("rootfs/secrets/key", "secret")
        try bundle.write("rootfs/file", "secret")
        try bundle.write("rootfs/kept/file", "seen")
        var configuration = Configuration.standard
        configuration.linux = [
            #""maskedPaths":["/secrets","/more","/file","/file","/gone","/file/below"],"readonlyPaths":["/kept","/gone"]"#
        ]
        let report = try bundle.enter(
            configuration, "list=/secrets", "list=/more", "create=/secrets/x", "create=/more/x", "read=/file",
            "kind=/file", "read=/kept/file", "write=/kept/file", "create=/new")
        #expect(report.refusal == nil)
        #expect(report.answer("list /secrets") == "")
        #expect(report.answer("list /more") == "")
        #expect(report.answer("create /secrets/x")?.contains("EROFS") == true)
        #expect(report.answer("create /more/x")?.contains("EROFS") == true)
        #expect(report.answer("read /file") == "")
        #expect(report.answer("kind /file") == "character 1:3")
        #expect(report.answer("read /kept/file") == "seen")
        #expect(report.answer("write /kept/file")?.contains("EROFS") == true)
        #expect(report.answer("create /new") == "ok")
    }

    @Test func withoutANullDeviceFilesAreMaskedAllTheSame() throws {
        let bundle = try Bundle()
        try bundle.write("rootfs/file", "secret")
        let report = try bundle.enter(
            Configuration(linux: [#""maskedPaths":["/file"]"#]), "wasm", "read=/file", "write=/file", "kind=/file")
        #expect(report.refusal == nil)
        #expect(report.answer("read /file") == "")
        #expect(report.answer("write /file")?.contains("EROFS") == true)
        #expect(report.answer("kind /file") == "file")
    }

    @Test func aReadOnlyRootHasItsWorkingDirectory() throws {
        let bundle = try Bundle()
        var configuration = Configuration.standard
        configuration.isReadOnly = true
        configuration.cwd = "/work/here"
        let report = try bundle.enter(configuration, "create=/new", "cwd=/work/here", "create=/dev/shm/x", "cwd=/other")
        #expect(report.refusal == nil)
        #expect(report.answer("create /new")?.contains("EROFS") == true)
        #expect(report.answer("cwd /work/here") == "/work/here")
        #expect(report.answer("create /dev/shm/x") == "ok")
        #expect(report.answer("cwd /other")?.hasPrefix("process.cwd: ") == true)
    }

    @Test func theConsoleIsATerminal() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(.standard, "console", "kind=/dev/console")
        #expect(report.answer("kind /dev/console")?.hasPrefix("character 136:") == true)
    }

    @Test func theHostsNullStreamsAreReplaced() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(
            .standard, "nullinput", "input=/dev/null", "null", "input=/dev/null")
        #expect(report.text == "input /dev/null: the host's\nnull : ok\ninput /dev/null: the container's\n")
    }

    @Test func devicesOfTheConfigurationAreMade() throws {
        let bundle = try Bundle()
        var configuration = Configuration.standard
        configuration.linux = [
            """
            "devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229,"fileMode":432,"uid":7,"gid":8},
            {"type":"b","path":"/dev/sub/disk","major":7,"minor":0},{"type":"p","path":"/elsewhere/pipe"},
            {"type":"c","path":"/dev/null","major":1,"minor":3,"fileMode":384}]
            """
        ]
        let report = try bundle.enter(
            configuration, "kind=/dev/fuse", "mode=/dev/fuse", "owner=/dev/fuse", "kind=/dev/sub/disk",
            "kind=/elsewhere/pipe", "mode=/dev/null")
        #expect(report.refusal == nil)
        #expect(report.answer("kind /dev/fuse") == "character 10:229")
        #expect(report.answer("mode /dev/fuse") == "660")
        #expect(report.answer("owner /dev/fuse") == "7:8")
        #expect(report.answer("kind /dev/sub/disk") == "block 7:0")
        #expect(report.answer("kind /elsewhere/pipe") == "pipe")
        #expect(report.answer("mode /dev/null") == "600")
    }

    @Test(arguments: [
        ("private", ""), ("slave", ""), ("shared", "shared:"), ("rshared", "shared:"), ("unbindable", "unbindable"),
    ])
    func theRootPropagatesAsAsked(_ propagation: String, _ mark: String) throws {
        let bundle = try Bundle()
        var configuration = Configuration.standard
        configuration.linux = [#""rootfsPropagation":"\#(propagation)""#]
        let report = try bundle.enter(configuration, "options=/")
        #expect(report.refusal == nil)
        let options = try #require(report.answer("options /"))
        if mark.isEmpty { #expect(options.hasPrefix("rw,relatime - ")) } else { #expect(options.contains(mark)) }
    }

    @Test func aLabelWithoutASecurityModuleIsNamed() throws {
        let bundle = try Bundle()
        var configuration = Configuration.standard
        configuration.linux = [#""mountLabel":"system_u:object_r:container_file_t:s0""#]
        let report = try bundle.enter(configuration)
        if report.refusal == nil { return }  // This kernel has one.
        #expect(report.refusal?.hasPrefix("linux.mountLabel: ") == true)
    }

    @Test func theUnifiedTreeIsMounted() throws {
        let bundle = try Bundle()
        var configuration = Configuration(mounts: [#"{"destination":"/groups","type":"cgroup2","options":["ro"]}"#])
        configuration.namespaces.append("cgroup")
        let report = try bundle.enter(configuration, "read=/groups/cgroup.controllers", "create=/groups/x")
        #expect(report.refusal == nil)
        #expect(report.answer("create /groups/x")?.contains("EROFS") == true)
    }

    @Test func controlGroupsAreShown() throws {
        let bundle = try Bundle()
        var configuration = Configuration.standard
        let shared = try bundle.enter(configuration, "list=/sys/fs/cgroup", "create=/sys/fs/cgroup/x")
        configuration.namespaces.append("cgroup")
        let own = try bundle.enter(configuration, "list=/sys/fs/cgroup")
        #expect(shared.refusal == nil && own.refusal == nil)
        #expect(shared.answer("list /sys/fs/cgroup")?.isEmpty == false)
        #expect(own.answer("list /sys/fs/cgroup") == shared.answer("list /sys/fs/cgroup"))
        #expect(shared.answer("create /sys/fs/cgroup/x")?.contains("EROFS") == true)
    }
}

@Suite(.enabled(if: Machine.isRoot, "mounts need root")) struct WasmTreeTests {
    @Test func aGuestsTreeHasNoKernelInterfaces() throws {
        let bundle = try Bundle()
        var configuration = Configuration.standard
        configuration.mounts += [
            #"{"destination":"/data","type":"bind","source":"\#(bundle.path)/outside","options":["rbind","ro"]}"#,
            #"{"destination":"/tmp","type":"tmpfs","options":["size=64k"]}"#,
        ]
        let report = try bundle.enter(
            configuration, "wasm", "list=/dev", "list=/proc", "list=/sys", "read=/data/canary", "create=/tmp/x",
            "create=/data/x")
        #expect(report.refusal == nil)
        for directory in ["/dev", "/proc", "/sys"] { #expect(report.answer("list \(directory)") == "") }
        #expect(report.answer("read /data/canary") == "alive")
        #expect(report.answer("create /tmp/x") == "ok")
        #expect(report.answer("create /data/x")?.contains("EROFS") == true)
        try bundle.expectCanary()
    }
}
