import JSON
import OCISpec
import Testing

@Suite("Every field of config.json")
struct WholeConfigurationTests {
    private let configuration: RuntimeConfiguration

    init() throws { configuration = try RuntimeConfiguration(reading: Array(wholeConfiguration.utf8)) }

    @Test("what the process is asked to be")
    func process() throws {
        let process = try #require(configuration.process)
        #expect(process.consoleSize == .init(height: 25, width: 80))
        #expect(process.user.umask == 63 && process.user.name == "u" && process.commandLine == "cmd")
        #expect(process.resourceLimits[1] == .init(type: "RLIMIT_CORE", soft: .max, hard: .max))
        #expect(process.capabilities?.bounding == ["CAP_KILL", "CAP_NOBODY_KNOWS"])
        #expect(process.capabilities?.ambient == ["CAP_SETUID"])
        #expect(process.oomScoreAdjustment == -500)
        let scheduler = try #require(process.scheduler)
        #expect(scheduler.policy == .deadline && scheduler.nice == -3 && scheduler.priority == 7)
        #expect(scheduler.flags == [.resetOnFork, .reclaim])
        #expect((scheduler.runtime, scheduler.deadline, scheduler.period) == (1000, 2000, 3000))
        #expect(process.ioPriority?.class == .idle && process.ioPriority?.priority == 4)
        #expect(process.execCPUAffinity?.initial?.ranges == [7...7])
        #expect(process.execCPUAffinity?.final?.mask == [0b1000_1111])
    }

    @Test("mounts with their mappings, and the names of the host")
    func mounts() {
        #expect(configuration.mounts[0].uidMappings == [IDMapping(containerID: 0, hostID: 1000, size: 10)])
        #expect(configuration.mounts[0].gidMappings.first?.hostID == 2000)
        #expect(configuration.hostname == "host" && configuration.domainname == "domain")
        #expect(configuration.annotations == ["com.example.key": "value", "empty": ""])
    }

    @Test("hooks of all six kinds")
    func hooks() {
        let hooks = configuration.hooks
        #expect(RuntimeHooks.Kind.allCases.map { hooks[$0].count } == [1, 1, 1, 1, 1, 2])
        #expect(hooks.createRuntime == [RuntimeHook(path: "/b", args: ["b", "c"], env: ["K=V"], timeout: 5)])
        #expect(hooks.prestart[0].timeout == nil)
    }

    @Test("namespaces, mappings and offsets")
    func namespaces() {
        let linux = configuration.linux
        #expect(linux.namespaces.count == 8)
        #expect(linux.namespace(.pid)?.path == "/proc/1/ns/pid")
        #expect(linux.namespace(.mount) == LinuxNamespace(kind: .mount))
        #expect(IDMapping.host(65535, linux.uidMappings) == 165_535)
        #expect(IDMapping.host(65536, linux.uidMappings) == nil)
        #expect(linux.timeOffsets.map(\.clock) == [.monotonic, .boottime])
        #expect(linux.timeOffsets[0].seconds == -5 && linux.timeOffsets[0].nanoseconds == 6)
    }

    @Test("devices: numbers that Go leaves out are zero, and the type's bits aren't the mode's")
    func devices() {
        let linux = configuration.linux
        #expect(linux.devices.map(\.kind) == [.character, .block, .fifo, .unbufferedCharacter])
        #expect(
            linux.devices[0]
                == LinuxDevice(
                    kind: .character, path: "/dev/fuse", major: 10, minor: 229, fileMode: 0o666, uid: 1, gid: 2))
        #expect(linux.devices[1].minor == 0 && linux.devices[1].fileMode == nil)
        #expect(linux.devices[3].fileMode == 0o666)
        #expect(linux.netDevices.map(\.name) == ["inside%d", "eth1"])
    }

    @Test("paths, labels and the smaller sections")
    func sections() {
        let linux = configuration.linux
        #expect(linux.cgroupsPath == "/a/b" && linux.rootfsPropagation == "rslave" && linux.mountLabel == "label")
        #expect(linux.sysctl == ["net.core.somaxconn": "256"])
        #expect(linux.maskedPaths == ["/proc/kcore"] && linux.readonlyPaths == ["/proc/sys"])
        #expect(linux.personality?.domain == .linux32)
        #expect(linux.intelRdt?.closID == "group" && linux.intelRdt?.enableMonitoring == true)
        #expect(linux.memoryPolicy?.mode == .interleave && linux.memoryPolicy?.flags == [.staticNodes])
        #expect(linux.memoryPolicy?.nodes?.contains(3) == true)
    }

    @Test("resources, with -1 as it was written")
    func resources() throws {
        let resources = try #require(configuration.linux.resources)
        #expect(resources.devices[0] == LinuxDeviceRule(allow: false))
        #expect(
            resources.devices[1]
                == LinuxDeviceRule(allow: true, type: .character, major: 10, minor: 229, access: [.read, .write]))
        #expect(resources.devices[2].minor == nil && resources.devices[2].access.letters == "m")
        #expect(resources.devices[3] == LinuxDeviceRule(allow: true))
        #expect(resources.memory?.limit == 536_870_912 && resources.memory?.swap == -1)
        #expect(resources.memory?.swappiness == 60 && resources.memory?.disableOOMKiller == true)
        #expect(resources.cpu?.shares == 1024 && resources.cpu?.cpus == "2-3" && resources.cpu?.idle == 1)
        #expect(resources.pids?.limit == 0)
        #expect(resources.blockIO?.weightDevice == [.init(major: 8, minor: 0, weight: 500, leafWeight: 300)])
        #expect(resources.blockIO?.throttleWriteIOPSDevice == [.init(major: 8, minor: 3, rate: 603)])
        #expect(resources.hugepageLimits == [.init(pageSize: "2MB", limit: 209_715_200)])
        #expect(resources.network?.classID == 1_048_577 && resources.network?.priorities.first?.priority == 500)
        #expect(resources.rdma[1] == .init(device: "mlx4_0", hcaObjects: 1000))
        #expect(resources.unified["io.max"]?.hasPrefix("259:0") == true)
    }

    @Test("seccomp")
    func seccomp() throws {
        let seccomp = try #require(configuration.linux.seccomp)
        #expect(seccomp.defaultAction == .errno && seccomp.defaultErrno == 38)
        #expect(seccomp.architectures == [.amd64, .riscv64] && seccomp.flags == [.log])
        #expect(seccomp.listenerPath == "/run/listener" && seccomp.listenerMetadata == "metadata")
        #expect(seccomp.syscalls[0].names == ["read", "write"])
        #expect(seccomp.syscalls[1].errno == 1)
        #expect(
            seccomp.syscalls[1].args
                == [.init(index: 0, value: 2_114_060_288, valueTwo: .max, op: .maskedEqual)])
    }

    @Test("absent sections have nothing set, and null is absent")
    func absent() throws {
        let text = #"{"ociVersion":"1.0.2-dev","process":null,"hooks":null,"linux":null,"mounts":null}"#
        let empty = try RuntimeConfiguration(reading: Array(text.utf8))
        #expect(empty.linux == LinuxConfiguration() && empty.hooks == RuntimeHooks())
        #expect(empty.process == nil && empty.root == nil && empty.linux.resources == nil)
    }

    @Test("a console's size without a terminal is ignored, whatever it is")
    func ignoredConsoleSize() throws {
        let text = #"{"cwd":"/","terminal":false,"consoleSize":{"height":-1}}"#
        #expect(try RuntimeProcess(reading: Array(text.utf8)).consoleSize == nil)
    }

    @Test("update reads the resources alone")
    func update() throws {
        let resources = try LinuxResources(reading: Array(#"{"pids":{"limit":-1},"memory":{"limit":7}}"#.utf8))
        #expect(resources.pids == .init(limit: -1) && resources.memory?.limit == 7 && resources.cpu == nil)
    }
}
