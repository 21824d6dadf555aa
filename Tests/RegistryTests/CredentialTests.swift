import JSON
import SystemCalls
import Testing

@testable import Registry

/// A folder for one test, removed afterwards.
struct Folder: ~Copyable {
    let path: String

    init() throws {
        path = "/tmp/martlet-registry-tests-\(Processes.current)-\(UInt64.random(in: 0 ... .max))"
        try Files.makeDirectory(path, mode: 0o700)
    }

    func write(_ name: String, _ text: String, mode: UInt32 = 0o600) throws -> String {
        let file = try Files.open("\(path)/\(name)", flags: [.writeOnly, .create, .truncate], mode: mode)
        try Files.writeAll(file.rawValue, Array(text.utf8))
        return "\(path)/\(name)"
    }

    deinit {
        for name in (try? Files.names(inDirectory: path, limit: 1000)) ?? [] { try? Files.unlink("\(path)/\(name)") }
        try? Files.removeDirectory(path)
    }
}

@Suite("Credentials")
struct CredentialTests {
    private func entry(_ text: String, _ host: String, _ repository: String = "a/b") throws -> CredentialFile.Entry? {
        try CredentialFile(Array(text.utf8)).entry(host: host, repository: repository)
    }

    @Test func aDockerFileIsRead() throws {
        let file = #"{"auths":{"localhost:5000":{"auth":"bWU6c2U6Y3JldA=="},"other":{}},"HttpHeaders":{}}"#
        #expect(try entry(file, "localhost:5000") == .credentials(.password(user: "me", secret: "se:cret")))
        #expect(try entry(file, "other") == nil)
        #expect(try entry(file, "localhost") == nil)
    }

    @Test func theMostSpecificKeyOfAPodmanFileWins() throws {
        let file = """
            {"auths":{"r.example":{"auth":"aG9zdDp4"},"r.example/a":{"auth":"bmFtZXNwYWNlOng="},
            "r.example/a/b":{"auth":"cmVwb3NpdG9yeTp4"}}}
            """
        #expect(try entry(file, "r.example", "a/b") == .credentials(.password(user: "repository", secret: "x")))
        #expect(try entry(file, "r.example", "a/c") == .credentials(.password(user: "namespace", secret: "x")))
        #expect(try entry(file, "r.example", "z") == .credentials(.password(user: "host", secret: "x")))
    }

    @Test(arguments: ["https://index.docker.io/v1/", "docker.io"])
    func dockerHubIsKnownByItsOtherNames(_ key: String) throws {
        let file = #"{"auths":{"\#(key)":{"auth":"bWU6eA=="}}}"#
        #expect(try entry(file, "docker.io") == .credentials(.password(user: "me", secret: "x")))
    }

    @Test func aWholeAddressAsAKeyIsItsHost() throws {
        #expect(
            try entry(#"{"auths":{"https://r.example/v2/":{"auth":"bWU6eA=="}}}"#, "r.example")
                == .credentials(.password(user: "me", secret: "x")))
    }

    @Test func identityTokensAndHelpersAreRead() throws {
        #expect(
            try entry(#"{"auths":{"r":{"auth":"bWU6eA==","identitytoken":"t"}}}"#, "r")
                == .credentials(.identityToken("t")))
        #expect(try entry(#"{"credHelpers":{"r":"one"},"credsStore":"two"}"#, "r") == .helper(name: "one", server: "r"))
        #expect(try entry(#"{"credHelpers":{"r":"one"},"credsStore":"two"}"#, "s") == .helper(name: "two", server: "s"))
    }

    @Test(arguments: [
        "", "[]", #"{"auths":[]}"#, #"{"auths":{"r":{"auth":"***"}}}"#, #"{"auths":{"r":{"auth":"bm9jb2xvbg=="}}}"#,
    ])
    func aFileThatNobodyWroteIsRefused(_ text: String) {
        #expect(throws: JSONError.self) { try CredentialFile(Array(text.utf8)) }
    }

    @Test func filesAreLookedForWherePodmanAndDockerKeepThem() throws {
        let folder = try Folder()
        _ = try folder.write("config.json", #"{"auths":{"r.example":{"auth":"ZG9ja2VyOng="}}}"#)
        let path = folder.path
        let source = CredentialSource {
            ["DOCKER_CONFIG": path, "XDG_RUNTIME_DIR": "/nowhere", "HOME": "/nowhere"][$0]
        }
        #expect(try source.credentials(host: "r.example", repository: "a") == .password(user: "docker", secret: "x"))
        #expect(try source.credentials(host: "s.example", repository: "a") == .anonymous)
        let named = try folder.write("auth.json", #"{"auths":{"r.example":{"auth":"cG9kbWFuOng="}}}"#)
        let podman = CredentialSource { ["DOCKER_CONFIG": path, "REGISTRY_AUTH_FILE": named][$0] }
        #expect(try podman.credentials(host: "r.example", repository: "a") == .password(user: "podman", secret: "x"))
    }

    @Test func aFileThatWasNamedMustExist() {
        #expect { try CredentialSource(file: "/nowhere/auth.json").credentials(host: "r", repository: "a") } throws: {
            ($0 as? RegistryError)?.code == .credentials
        }
    }

    /// Runs a helper that is this shell script.
    private func ask(_ script: String) throws -> RegistryCredentials {
        let folder = try Folder()
        _ = try folder.write("docker-credential-test", "#!/bin/sh\n\(script)\n", mode: 0o700)
        return try CredentialHelper(name: "test", searchPath: folder.path).credentials(for: "r.example")
    }

    @Test func aHelperIsAskedForTheServer() throws {
        let script = #"read server; echo "{\"ServerURL\":\"$server\",\"Username\":\"$1-$server\",\"Secret\":\"s\"}""#
        #expect(try ask(script) == .password(user: "get-r.example", secret: "s"))
        #expect(try ask(#"echo '{"Username":"<token>","Secret":"t"}'"#) == .identityToken("t"))
    }

    @Test func aHelperThatKnowsNothingMeansNoCredentials() throws {
        #expect(try ask("echo 'credentials not found in native keychain'; exit 1") == .anonymous)
    }

    @Test(arguments: ["exit 3", "echo nonsense", "head -c 100000 /dev/zero", "kill -9 $$"])
    func aHelperThatFailsIsAnErrorOfOneLine(_ script: String) {
        #expect { try ask(script) } throws: { ($0 as? RegistryError)?.code == .credentials }
    }

    @Test func aHelperIsEndedWhenItTakesTooLong() throws {
        let folder = try Folder()
        let path = try folder.write("sleeper", "#!/bin/sh\nsleep 60 &\nsleep 60\n", mode: 0o700)
        let start = ContinuousClock.now
        let outcome = try ChildProgram.run(
            path, arguments: [path], environment: [], input: .bytes([]), outputLimit: 10, timeout: .milliseconds(200))
        #expect(outcome.end == .tookTooLong)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test(arguments: ["../../bin/sh", "a/b", "", ".hidden", "x;y"])
    func aHelpersNameIsNoPath(_ name: String) {
        #expect { try CredentialHelper(name: name, searchPath: "/bin").credentials(for: "r") } throws: {
            ($0 as? RegistryError)?.code == .credentials
        }
    }
}
