import JSON
import OCISpec
import Testing

@Suite("Documents that the runtime writes")
struct RuntimeDocumentTests {
    @Test("a state is written and read without loss")
    func state() throws {
        let state = OCIState(
            id: "c1", status: .running, pid: 4422, bundle: "/containers/redis", annotations: ["b": "2", "a": "1"])
        #expect(
            state.json.text()
                == #"{"ociVersion":"1.3.0","id":"c1","pid":4422,"status":"running","bundle":"/containers/redis","annotations":{"a":"1","b":"2"}}"#
        )
        #expect(try OCIState(json: JSONNode(state.json)) == state)
        var more = state
        (more.rootfs, more.created, more.owner, more.status) = ("/r", "2026-01-02T03:04:05Z", "me", .stopped)
        #expect(try OCIState(json: JSONNode(more.json)) == more)
    }

    @Test(
        "a state that can't be one is refused",
        arguments: [
            (#"{"ociVersion":"1","id":"a","status":"dead","bundle":"/"}"#, "$.status: \"dead\" is unknown"),
            (#"{"ociVersion":"1","id":"a","status":"running","bundle":"b"}"#, "$.bundle: \"b\" isn't absolute"),
            (#"{"ociVersion":"1","status":"running","bundle":"/b"}"#, "$.id: is missing"),
            (#"{"ociVersion":"1","id":"a","status":"running","bundle":"/b","pid":-1}"#, "$.pid: -1 is out of range"),
        ])
    func refusedState(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try OCIState(json: try JSONNode(reading: Array(text.utf8))) }
        #expect(error?.description.hasPrefix(message) == true)
    }

    @Test("features have what is claimed, and say false for what isn't")
    func features() throws {
        var features = RuntimeFeatures()
        features.mountOptions = ["ro"]
        features.capabilities = ["CAP_CHOWN"]
        features.cgroup = .init(v1: true, v2: true)
        features.seccomp = .init(supportedFlags: ["SECCOMP_FILTER_FLAG_LOG"])
        features.annotations = ["a": "b"]
        let node = JSONNode(features.json)
        let oldest = try node.required("ociVersionMin").string()
        let newest = try node.required("ociVersionMax").string()
        #expect(oldest == "1.0.0" && newest == "1.3.0")
        // The specification: both must be accepted as the version of a config.json.
        for version in [oldest, newest] {
            #expect(throws: Never.self) {
                try RuntimeConfiguration(json: JSONNode(["ociVersion": .string(version)]))
            }
        }
        #expect(try node.required("hooks").strings().count == 6)
        let linux = try node.required("linux")
        #expect(
            try linux.required("namespaces").strings()
                == ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"])
        #expect(try linux.required("cgroup").required("v2").bool())
        #expect(try !linux.required("cgroup").required("systemd").bool())
        #expect(try linux.required("seccomp").required("actions").strings().count == 9)
        #expect(try linux.required("seccomp").required("operators").strings().count == 7)
        #expect(try linux.required("seccomp").required("knownFlags").strings().count == 4)
        #expect(try !linux.required("intelRdt").required("enabled").bool())
        #expect(try linux.optional("memoryPolicy") == nil)
        #expect(try node.optional("potentiallyUnsafeConfigAnnotations") == nil)
    }

    @Test("without seccomp, nothing is claimed of it")
    func noSeccomp() throws {
        let seccomp = try JSONNode(RuntimeFeatures().json).required("linux").required("seccomp")
        #expect(seccomp.value == ["enabled": false])
    }

    @Test("the default specification is a configuration for a shell")
    func defaultSpecification() throws {
        let document = RuntimeConfiguration.defaultSpecification()
        let configuration = try RuntimeConfiguration(reading: document.bytes(.pretty))
        #expect(configuration.process?.arguments == ["sh"])
        #expect(configuration.process?.hasTerminal == true && configuration.process?.noNewPrivileges == true)
        #expect(configuration.process?.capabilities?.bounding.count == 3)
        #expect(configuration.process?.capabilities?.ambient == [])
        #expect(configuration.root == .init(path: "rootfs", isReadOnly: true))
        #expect(
            configuration.mounts.map(\.destination)
                == ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"])
        #expect(configuration.linux.namespaces.map(\.kind) == [.pid, .network, .ipc, .uts, .mount])
        #expect(configuration.linux.resources?.devices == [LinuxDeviceRule(allow: false)])
        #expect(configuration.linux.maskedPaths.count == 10 && configuration.linux.readonlyPaths.count == 5)
        let second = try RuntimeConfiguration(
            json: JSONNode(RuntimeConfiguration.defaultSpecification(cgroupNamespace: true)))
        #expect(second.linux.namespace(.cgroup) != nil)
    }

    @Test("a rootless one maps its caller and asks for nothing that only root can give")
    func rootlessSpecification() throws {
        let document = RuntimeConfiguration.defaultSpecification(rootless: .init(uid: 1000, gid: 100))
        let configuration = try RuntimeConfiguration(json: JSONNode(document))
        #expect(configuration.linux.namespaces.map(\.kind) == [.pid, .ipc, .uts, .mount, .user])
        #expect(configuration.linux.uidMappings == [IDMapping(containerID: 0, hostID: 1000, size: 1)])
        #expect(configuration.linux.gidMappings == [IDMapping(containerID: 0, hostID: 100, size: 1)])
        #expect(configuration.linux.resources == nil)
        #expect(configuration.mounts.allSatisfy { $0.options.allSatisfy { !$0.hasPrefix("gid=") } })
        #expect(configuration.mounts[5].isBind && configuration.mounts[5].source == "/sys")
    }
}
