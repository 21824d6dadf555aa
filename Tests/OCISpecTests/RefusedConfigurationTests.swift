import JSON
import OCISpec
import Testing

@Suite("What config.json may not ask for")
struct RefusedConfigurationTests {
    private func refusal(_ text: String) -> String? {
        do throws(JSONError) {
            _ = try RuntimeConfiguration(reading: Array(text.utf8))
            return nil
        } catch { return error.description }
    }

    @Test(
        "the error names the field",
        arguments: [
            (#""hostname":"a\u0000b""#, "$.hostname: has a NUL character"),
            (#""hooks":{"poststart":[{"path":"a"}]}"#, #"$.hooks.poststart[0].path: "a" isn't absolute"#),
            (#""hooks":{"poststart":[{"args":["a"]}]}"#, "$.hooks.poststart[0].path: is missing"),
            (
                #""hooks":{"prestart":[{"path":"/a","timeout":0}]}"#,
                "$.hooks.prestart[0].timeout: 0 is out of range, 1 to 2147483647"
            ),
            (
                #""hooks":{"prestart":[{"path":"/a","env":["A\u0000"]}]}"#,
                "$.hooks.prestart[0].env[0]: has a NUL character"
            ),
            (
                #""mounts":[{"destination":"/a","uidMappings":[{"containerID":0,"hostID":0,"size":1}]}]"#,
                "$.mounts[0]: has one of uidMappings and gidMappings; write both or none"
            ),
            (#""annotations":{"":"a"}"#, "$.annotations: has a member without a name"),
            (#""process":{"cwd":"/","args":["a","b\u0000"]}"#, "$.process.args[1]: has a NUL character"),
            (
                #""process":{"cwd":"/","oomScoreAdj":1001}"#,
                "$.process.oomScoreAdj: 1001 is out of range, -1000 to 1000"
            ),
            (
                #""process":{"cwd":"/","rlimits":[{"type":"RLIMIT_A","soft":1,"hard":1}]}"#,
                #"$.process.rlimits[0].type: "RLIMIT_A" is no limit that the kernel has"#
            ),
            (
                #""process":{"cwd":"/","rlimits":[{"type":"RLIMIT_AS","soft":1,"hard":1},{"type":"RLIMIT_AS","soft":1,"hard":1}]}"#,
                "$.process.rlimits[1].type: RLIMIT_AS is there twice"
            ),
            (
                #""process":{"cwd":"/","execCPUAffinity":{"final":"3-1"}}"#,
                "$.process.execCPUAffinity.final: \"3-1\" is no list like 0-3,7 of numbers below 8192"
            ),
            (
                #""process":{"cwd":"/","ioPriority":{"class":"IOPRIO_CLASS_RT","priority":8}}"#,
                "$.process.ioPriority.priority: 8 is out of range, 0 to 7"
            ),
            (#""process":{"cwd":"/","user":{"umask":8192}}"#, "$.process.user.umask: 8192 is out of range, 0 to 4095"),
        ])
    func named(members: String, expected: String) {
        #expect(refusal(#"{"ociVersion":"1.0.2",\#(members)}"#) == expected)
    }

    @Test(
        "so does an error of the linux section",
        arguments: [
            (#""namespaces":[{"type":"ipc"},{"type":"ipc"}]"#, #"namespaces[1].type: "ipc" is there twice"#),
            (#""namespaces":[{"type":"ipc","path":"a"}]"#, #"namespaces[0].path: "a" isn't absolute"#),
            (
                #""uidMappings":[{"containerID":0,"hostID":0,"size":1}]"#,
                "uidMappings: needs a namespace of type user in linux.namespaces"
            ),
            (#""uidMappings":[{"containerID":0,"hostID":0,"size":0}]"#, "uidMappings[0].size: maps nothing"),
            (
                #""timeOffsets":{"monotonic":{"secs":1}}"#,
                "timeOffsets: needs a new namespace of type time in linux.namespaces"
            ),
            (#""timeOffsets":{"realtime":{}}"#, "timeOffsets.realtime: no such clock, expected monotonic or boottime"),
            (#""netDevices":{"a/b":{}}"#, #"netDevices["a/b"]: isn't named as a network device can be"#),
            (
                #""netDevices":{"eth0":{"name":"a234567890123456"}}"#,
                #"netDevices.eth0: "a234567890123456" is no name of a network device"#
            ),
            (#""devices":[{"type":"x","path":"/a"}]"#, #"devices[0].type: "x" is unknown, expected one of c, b, u, p"#),
            (#""devices":[{"type":"c","path":"a"}]"#, #"devices[0].path: "a" isn't absolute"#),
            (
                #""devices":[{"type":"c","path":"/a","major":4096}]"#,
                "devices[0].major: 4096 is out of range, 0 to 4095"
            ),
            (#""maskedPaths":["/a","b"]"#, #"maskedPaths[1]: "b" isn't absolute"#),
            (#""sysctl":{"a":1}"#, "sysctl.a: expected a string, found an integer"),
            (
                #""personality":{"domain":"LINUX","flags":["A"]}"#,
                "personality.flags: the specification has no flags yet"
            ),
            (#""intelRdt":{"closID":"../a"}"#, #"intelRdt.closID: "../a" isn't the name of a directory"#),
            (#""intelRdt":{"schemata":["a\nb"]}"#, "intelRdt.schemata[0]: has more than one line"),
            (#""resources":{"devices":[{"type":"c"}]}"#, "resources.devices[0].allow: is missing"),
            (
                #""resources":{"devices":[{"allow":true,"access":"rx"}]}"#,
                "resources.devices[0].access: expected some of the letters r, w and m"
            ),
            (
                #""resources":{"memory":{"limit":-2}}"#,
                "resources.memory.limit: -2 is out of range, -1 to 9223372036854775807"
            ),
            (
                #""resources":{"memory":{"swappiness":101}}"#,
                "resources.memory.swappiness: 101 is out of range, 0 to 100"
            ),
            (#""resources":{"cpu":{"quota":5,"burst":6}}"#, "resources.cpu.burst: 6 exceeds the quota 5"),
            (#""resources":{"cpu":{"quota":"5"}}"#, "resources.cpu.quota: expected an integer, found a string"),
            (#""resources":{"cpu":{"shares":1e3}}"#, "resources.cpu.shares: expected an integer, found a number"),
            (
                #""resources":{"hugepageLimits":[{"pageSize":"2M","limit":1}]}"#,
                "resources.hugepageLimits[0].pageSize: expected a size like 64KB, 2MB or 1GB"
            ),
            (
                #""resources":{"blockIO":{"weightDevice":[{"major":1,"minor":1}]}}"#,
                "resources.blockIO.weightDevice[0]: has neither weight nor leafWeight"
            ),
            (
                #""resources":{"blockIO":{"throttleReadBpsDevice":[{"major":1,"rate":1}]}}"#,
                "resources.blockIO.throttleReadBpsDevice[0]: needs major and minor"
            ),
            (#""resources":{"rdma":{"a":{}}}"#, "resources.rdma.a: has neither hcaHandles nor hcaObjects"),
            (
                #""resources":{"unified":{"../../memory.max":"1"}}"#,
                #"resources.unified["../../memory.max"]: isn't the name of a file of a cgroup"#
            ),
            (#""seccomp":{}"#, "seccomp.defaultAction: is missing"),
            (
                #""seccomp":{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1}"#,
                "seccomp.defaultErrnoRet: SCMP_ACT_ALLOW takes no errno"
            ),
            (
                #""seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"a"}"#,
                "seccomp.listenerMetadata: needs listenerPath"
            ),
            (
                #""seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_LOG"}]}"#,
                "seccomp.syscalls[0].names: is empty"
            ),
            (
                #""seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]}]}"#,
                "seccomp.syscalls[0].args[0].index: 6 is out of range, 0 to 5"
            ),
        ])
    func linux(members: String, expected: String) {
        #expect(refusal(#"{"ociVersion":"1.0.2","linux":{\#(members)}}"#) == "$.linux.\(expected)")
    }

    @Test(
        "names that the specification doesn't list",
        arguments: [
            (#""linux":{"namespaces":[{"type":"net"}]}"#, "$.linux.namespaces[0].type"),
            (#""linux":{"rootfsPropagation":"none"}"#, "$.linux.rootfsPropagation"),
            (#""linux":{"personality":{"domain":"BSD"}}"#, "$.linux.personality.domain"),
            (#""linux":{"memoryPolicy":{"mode":"MPOL"}}"#, "$.linux.memoryPolicy.mode"),
            (#""linux":{"seccomp":{"defaultAction":"ALLOW"}}"#, "$.linux.seccomp.defaultAction"),
            (
                #""linux":{"seccomp":{"defaultAction":"SCMP_ACT_LOG","architectures":["amd64"]}}"#,
                "$.linux.seccomp.architectures[0]"
            ),
            (#""linux":{"seccomp":{"defaultAction":"SCMP_ACT_LOG","flags":["F"]}}"#, "$.linux.seccomp.flags[0]"),
            (
                #""linux":{"seccomp":{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":0,"op":"EQ"}]}]}}"#,
                "$.linux.seccomp.syscalls[0].args[0].op"
            ),
            (#""linux":{"resources":{"devices":[{"allow":true,"type":"p"}]}}"#, "$.linux.resources.devices[0].type"),
            (#""process":{"cwd":"/","scheduler":{"policy":"SCHED"}}"#, "$.process.scheduler.policy"),
            (
                #""process":{"cwd":"/","scheduler":{"policy":"SCHED_RR","flags":["F"]}}"#,
                "$.process.scheduler.flags[0]"
            ),
            (#""process":{"cwd":"/","ioPriority":{"class":"BE","priority":0}}"#, "$.process.ioPriority.class"),
        ])
    func unknownNames(members: String, field: String) throws {
        let message = try #require(refusal(#"{"ociVersion":"1.0.2",\#(members)}"#))
        #expect(message.hasPrefix("\(field): ") && message.contains(" is unknown, expected one of "))
    }

    @Test("a list longer than anyone needs", arguments: ["devices", "namespaces", "netDevices"])
    func tooLong(key: String) throws {
        let isMap = key == "netDevices"
        let items = (0...RuntimeLimits.elements).map { isMap ? "\"e\($0)\":{}" : "{}" }.joined(separator: ",")
        let list = isMap ? "{\(items)}" : "[\(items)]"
        let message = try #require(refusal(#"{"ociVersion":"1.0.2","linux":{"\#(key)":\#(list)}}"#))
        #expect(message.hasPrefix("$.linux.\(key): has 4097 ") && message.hasSuffix("at most 4096 are read"))
    }

    @Test(
        "lists of processors that aren't",
        arguments: ["", ",", "1,", "-1", "1-", "1-2-3", "a", "8192", "99999999999", "1,,2", "+1"])
    func processors(text: String) { #expect(ProcessorSet(parsing: text) == nil) }

    @Test(
        "lists of processors are merged and ordered",
        arguments: [
            ("0", [0...0]), ("5,1-2", [1...2, 5...5]), ("0-3,2-8", [0...8]), ("1,2,3", [1...3]),
            ("0-8191", [0...8191]),
        ] as [(String, [ClosedRange<UInt32>])])
    func processors(text: String, ranges: [ClosedRange<UInt32>]) {
        #expect(ProcessorSet(parsing: text)?.ranges == ranges)
    }
}
