import JSON
import OCISpec
import Testing

@Suite("A bundle's config.json")
struct RuntimeConfigurationTests {
    private func read(_ text: String) throws -> RuntimeConfiguration {
        try RuntimeConfiguration(reading: Array(text.utf8))
    }

    @Test("process, root, mounts, hooks, limits and annotations are read")
    func whole() throws {
        let configuration = try read(
            """
            {"ociVersion":"1.2.0","process":{"terminal":true,"consoleSize":{"height":24,"width":80},
              "user":{"uid":1000,"gid":1000,"umask":18,"additionalGids":[5,6]},"args":["/a.wasm","x"],"env":["A=1"],"cwd":"/",
              "capabilities":{"bounding":["CAP_KILL"],"ambient":null},"rlimits":[{"type":"RLIMIT_NOFILE","soft":1,"hard":2}],
              "noNewPrivileges":true,"oomScoreAdj":-100,"apparmorProfile":"p","selinuxLabel":"l"},
             "root":{"path":"rootfs","readonly":true},"hostname":"h",
             "mounts":[{"destination":"/data","source":"/srv","type":"none","options":["rbind","ro"]},
                       {"destination":"/proc","type":"proc","source":"proc"}],
             "hooks":{"poststop":[{"path":"/bin/x"}]},"linux":{"resources":{"memory":{"limit":1048576}}},
             "annotations":{"dev.martlet.ports":"8080:80"}}
            """)
        let process = try #require(configuration.process)
        #expect(process.arguments == ["/a.wasm", "x"])
        #expect(process.environment == ["A=1"])
        #expect(process.user == .init(uid: 1000, gid: 1000, umask: 18, additionalGroups: [5, 6]))
        #expect(process.hasTerminal && process.noNewPrivileges)
        #expect(process.consoleSize?.width == 80)
        #expect(process.resourceLimits.map(\.type) == ["RLIMIT_NOFILE"])
        #expect(process.resourceLimits.first?.hard == 2)
        #expect(process.capabilities?.bounding == ["CAP_KILL"])
        #expect(process.oomScoreAdjustment == -100)
        #expect(configuration.root == .init(path: "rootfs", isReadOnly: true))
        #expect(configuration.mounts[0].isBind && configuration.mounts[0].isReadOnly)
        #expect(!configuration.mounts[1].isBind)
        #expect(configuration.annotations == ["dev.martlet.ports": "8080:80"])
        #expect(configuration.linux.resources?.memory?.limit == 1_048_576)
        #expect(configuration.hooks.poststop == [RuntimeHook(path: "/bin/x")])
    }

    @Test(
        "what can't be right is refused with its path",
        arguments: [
            (#"{}"#, "$.ociVersion: is missing"),
            (#"{"ociVersion":"2.0"}"#, "$.ociVersion: \"2.0\" isn't supported, expected 1.x"),
            (#"{"ociVersion":"1.0","process":{"cwd":"x"}}"#, "$.process.cwd: \"x\" isn't absolute"),
            (#"{"ociVersion":"1.0","process":{"cwd":"/proc/self/fd/7/.."},"root":{}}"#, "$.root.path: is missing"),
            (
                #"{"ociVersion":"1.0","process":{"cwd":"/","user":{"uid":4294967296,"gid":0}}}"#,
                "$.process.user.uid: 4294967296 is out of range, 0 to 4294967295"
            ),
            (
                #"{"ociVersion":"1.0","process":{"cwd":"/","user":{"uid":4294967295}}}"#,
                "$.process.user.uid: 4294967295 is no id"
            ),
            (
                #"{"ociVersion":"1.0","process":{"cwd":"/","user":{"uid":-1}}}"#,
                "$.process.user.uid: -1 is out of range, 0 to 4294967295"
            ),
            (
                #"{"ociVersion":"1.0","process":{"cwd":"/","rlimits":[{"type":"R","soft":3,"hard":2}]}}"#,
                "$.process.rlimits[0]: the soft limit 3 exceeds the hard limit 2"
            ),
            (#"{"ociVersion":"1.0","mounts":[{"destination":""}]}"#, "$.mounts[0].destination: is empty"),
            (
                #"{"ociVersion":"1.0","mounts":[{"destination":"/a","uidMappings":[{"containerID":4294967295,"hostID":0,"size":2}]}]}"#,
                "$.mounts[0].uidMappings[0]: reaches beyond the last id"
            ),
            (#"{"ociVersion":"1.0","annotations":{"a":1}}"#, "$.annotations.a: expected a string, found an integer"),
        ])
    func refused(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try read(text) }
        #expect(error?.description == message)
    }

    @Test(
        "the last of ro and rw decides",
        arguments: [(["ro"], true), (["ro", "rw"], false), (["rw", "ro"], true), ([], false)])
    func readOnly(options: [String], expected: Bool) {
        #expect(RuntimeMount(destination: "/a", source: "/b", options: options).isReadOnly == expected)
    }
}
