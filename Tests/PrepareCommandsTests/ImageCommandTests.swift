import JSON
import SystemCalls
import Testing

@Suite("martlet image", .timeLimit(.minutes(2)))
struct ImageCommandTests {
    @Test func anImageIsBuiltListedInspectedAndCarriedToAnotherStore() throws {
        let program = try Program()
        let built = try program.run("image", "build", "--quiet", try program.hello(), "-t", "hello:1", "-e", "A=b")
        #expect(built.status == 0, "\(built.errors)")
        let id = built.lines.first ?? ""
        #expect(id.hasPrefix("sha256:"))

        let listed = try program.run("image", "list")
        #expect(listed.lines.first?.hasPrefix("NAME     ID            PLATFORM") == true)
        #expect(listed.lines.last?.hasPrefix("hello:1  \(id.dropFirst(7).prefix(12))  wasi/wasm") == true)

        let inspected = try program.run("image", "inspect", "--json", "hello:1")
        let node = try JSONNode(reading: Array(inspected.output.utf8))
        #expect(try node.required("kind").string() == "preview-1 module, a command")
        #expect(try node.required("environment").strings() == ["A=b"])

        let archive = "\(program.folder)/hello.tar.gz"
        #expect(try program.run("image", "export", "hello:1", archive).status == 0)
        let other = "\(program.folder)/other"
        let imported = try program.run("image", "import", "--quiet", archive, store: other)
        #expect(imported.status == 0 && imported.lines == [id], "\(imported.errors)")
    }

    @Test func whatComesInIsUnpackedAndCompiled() throws {
        let program = try Program()
        let layout = "\(program.folder)/layout"
        #expect(try program.run("image", "build", try program.hello(), "-t", "hello:1", "-o", layout).status == 0)
        #expect(try program.run("image", "import", "--no-unpack", layout).status == 0)
        #expect(program.names(in: "\(program.store)/roots").isEmpty)
        #expect(try program.run("cache", "list").lines.count == 1)
        #expect(try program.run("image", "import", layout).status == 0)
        let roots = program.names(in: "\(program.store)/roots")
        #expect(roots.count == 1)
        #expect(program.names(in: "\(program.store)/roots/\(roots.first ?? "")/fs") == ["hello.wasm"])
        #expect(try program.run("cache", "list").lines.count == 2)
        // The launch path finds the code by the file's identity, without hashing it.
        #expect(program.names(in: "\(program.store)/cache").contains { $0.hasPrefix("source-") })
        #expect(program.names(in: "\(program.store)/tmp").isEmpty)
    }

    @Test func removingAndPruningLeaveNothing() throws {
        let program = try Program()
        try program.run("image", "build", try program.hello(), "-t", "hello:1")
        try program.run("image", "unpack", "hello:1")
        #expect(try program.run("image", "rm", "hello:1").lines.first == "removed hello:1")
        let pruned = try program.run("image", "prune")
        #expect(pruned.status == 0 && pruned.output.contains("1 unpacked roots"), "\(pruned.output)")
        #expect(program.names(in: "\(program.store)/blobs/sha256").isEmpty)
        #expect(program.names(in: "\(program.store)/roots").isEmpty)
    }

    @Test func aLayerThatIsNotWhatItsImageSaysIsRefusedAndLeavesNothing() throws {
        let program = try Program()
        let layout = "\(program.folder)/layout"
        try program.run("image", "build", try program.hello(), "-t", "hello:1", "-o", layout, "--compression", "none")
        // Another diff id in the configuration, and everything above it made to fit again.
        try Tampering(layout).replaceDiffID()
        let imported = try program.run("image", "import", layout)
        #expect(imported.status == 1)
        #expect(
            imported.errors.split(separator: "\n").count == 1 && imported.errors.contains("digest"),
            "\(imported.errors)")
        #expect(program.names(in: "\(program.store)/roots").isEmpty)
        #expect(program.names(in: "\(program.store)/tmp").isEmpty)
    }

    @Test func anImageThatCannotBeUnpackedTakesNoNameOver() throws {
        let program = try Program()
        let layout = "\(program.folder)/layout"
        let good = try program.run("image", "build", "-q", try program.hello(), "-t", "hello:1").lines
        try program.run("image", "build", try program.hello(), "-t", "hello:1", "-o", layout, "-e", "A=b")
        try Tampering(layout).replaceDiffID()
        #expect(try program.run("image", "import", layout).status == 1)
        #expect(try program.run("image", "list", "-q").lines == good)
        #expect(try program.run("image", "unpack", "hello:1").status == 0)
    }

    @Test func aDamagedRecordIsNoted() throws {
        let program = try Program()
        try program.run("image", "build", try program.hello(), "-t", "hello:1")
        let record = program.names(in: "\(program.store)/images").first ?? ""
        _ = try program.write("store/images/\(record)", [])
        let listed = try program.run("image", "list")
        #expect(listed.status == 0 && listed.lines.count == 1)
        #expect(
            listed.errors.hasPrefix("martlet: note: image store: ") && listed.errors.contains("is damaged"),
            "\(listed.errors)")
    }

    @Test(
        arguments: [
            (["image", "pull"], "martlet image pull"), (["image", "ls", "--no-such"], "martlet image ls"),
            (["image", "nonsense"], "martlet image"), (["cache", "prune", "x"], "martlet cache prune"),
        ] as [([String], String)])
    func aUsageErrorNamesTheHelpOfItsVerb(_ arguments: [String], _ verb: String) throws {
        let program = try Program()
        let result = try Program.run(arguments, errors: "\(program.folder)/errors")
        #expect(result.status == 125 && result.errors.hasSuffix("; see \(verb) --help\n"), "\(result.errors)")
    }

    @Test func aDamagedEntryModuleIsANoteAndTheImageStays() throws {
        let program = try Program()
        let broken = try program.write("broken.wasm", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0xff, 0xff])
        let layout = "\(program.folder)/layout"
        try program.run("image", "build", broken, "-t", "broken:1", "-o", layout)
        let imported = try program.run("image", "import", layout)
        #expect(imported.status == 0)
        #expect(imported.errors.hasPrefix("martlet: note: not compiled ahead: "), "\(imported.errors)")
        #expect(try program.run("image", "list", "-q").lines.count == 1)
    }

    @Test func twoImportsAtOnceDoNoHarm() async throws {
        let program = try Program()
        let layout = "\(program.folder)/layout"
        let folder = program.folder
        let store = program.store
        try program.run("image", "build", try program.hello(), "-t", "hello:1", "-o", layout)
        try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in 0..<4 {
                group.addTask {
                    try Program.run(["image", "import", layout, "--root", store], errors: "\(folder)/errors\(number)")
                        .status
                }
            }
            for try await status in group { #expect(status == 0) }
        }
        #expect(program.names(in: "\(program.store)/roots").count == 1)
    }

    @Test(
        arguments: [
            (["image", "inspect", "nothing:1"], 2), (["image", "import", "/no/such/file"], 2),
            (["image", "unpack", "x"], 2),
            (["image", "pull"], 125), (["image", "pull", "UPPER/Case"], 125), (["image", "nonsense"], 125),
            (["image", "list", "--no-such"], 125),
            (["image", "pull", "registry.example.com/x", "--plain-http"], 1),
            (["image", "pull", "localhost:1/x", "--creds", "nocolon"], 125),
            (["image", "pull", "localhost:1/x", "--authfile", "/no/such/file", "--plain-http"], 1),
            (["image", "build", "/no/such/file", "-t", "x"], 1), (["image", "list", "--root"], 125),
        ] as [([String], Int32)])
    func anErrorIsOneLineAndAStatus(_ arguments: [String], _ status: Int32) throws {
        let program = try Program()
        let result = try Program.run(arguments, errors: "\(program.folder)/errors")
        #expect(result.status == status, "\(result.errors)")
        #expect(
            result.errors.hasPrefix("martlet: ") && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test func helpSpeaksOfMartlet() throws {
        let program = try Program()
        let help = try Program.run(["image", "pull", "--help"], errors: "\(program.folder)/errors")
        #expect(help.status == 0)
        #expect(help.output.contains("USAGE: martlet image pull") && help.output.contains("--insecure-registry"))
    }

    @Test(
        .enabled(
            if: ChildProgram.find("docker-registry", searchPath: "/usr/bin") != nil, "needs the package docker-registry"
        ))
    func anImageGoesToARegistryAndComesBack() throws {
        let program = try Program()
        let port = 20_000 + Int.random(in: 0..<20_000)
        let configuration = try program.write(
            "registry.yml",
            Array(
                """
                version: 0.1
                log: {level: error, accesslog: {disabled: true}}
                storage: {filesystem: {rootdirectory: \(program.folder)/registry}}
                http: {addr: 127.0.0.1:\(port)}
                """.utf8))
        let null = try Files.open("/dev/null", flags: .readWrite)
        let registry = try ChildProgram.start(
            "/usr/bin/docker-registry", arguments: ["docker-registry", "serve", configuration],
            environment: ["PATH=/usr/bin:/bin"], streams: (null.rawValue, null.rawValue, null.rawValue), ownGroup: true)
        defer {
            try? Processes.kill(registry, 9)
            _ = try? Processes.wait(for: registry)
        }
        let built = try program.run("image", "build", "-q", try program.hello(), "-t", "hello:1")
        let name = "127.0.0.1:\(port)/team/hello:1"
        // A registry that has just been started refuses connections for a moment: the client tries again.
        let pushed = try program.run("image", "push", "-q", "hello:1", name, "--plain-http")
        #expect(pushed.status == 0 && pushed.lines == built.lines, "\(pushed.errors)")
        let other = "\(program.folder)/other"
        let pulled = try program.run("image", "pull", "-q", name, "--plain-http", store: other)
        #expect(pulled.status == 0 && pulled.lines == built.lines, "\(pulled.errors)")
        #expect(program.names(in: "\(other)/roots").count == 1)
        // A damaged blob isn't sent, and is fetched anew.
        let layer = try program.damageLargestBlob(of: other)
        let refused = try program.run("image", "push", name, "127.0.0.1:\(port)/new:1", "--plain-http", store: other)
        #expect(refused.status == 1 && refused.errors.contains("blob \(layer): is damaged"), "\(refused.errors)")
        #expect(try program.run("image", "pull", name, "--plain-http", store: other).status == 0)
        let sent = try program.run("image", "push", name, "127.0.0.1:\(port)/new:1", "--plain-http", store: other)
        #expect(sent.status == 0, "\(sent.errors)")
        let missing = try program.run("image", "pull", "127.0.0.1:\(port)/no:1", "--plain-http")
        #expect(missing.status == 2 && missing.errors.contains("(404)"), "\(missing.errors)")
    }
}

@Suite("limits of unpacking", .timeLimit(.minutes(1)))
struct UnpackLimitTests {
    @Test func aLimitIsAnErrorThatNamesTheOptionThatRaisesIt() throws {
        let program = try Program()
        try program.run("image", "build", try program.hello(), "-t", "hello:1")
        let refused = try program.run("image", "unpack", "--max-bytes", "100", "hello:1")
        #expect(refused.status != 0)
        #expect(refused.errors.contains("--max-bytes"), "\(refused.errors)")
        #expect(program.names(in: "\(program.store)/roots").isEmpty)
        #expect(try program.run("image", "unpack", "--max-bytes", "1000000", "hello:1").status == 0)
    }
}
