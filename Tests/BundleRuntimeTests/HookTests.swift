import OCISpec
import SystemCalls
import Testing

@testable import BundleRuntime

@Suite("Hooks", .serialized)
struct HookTests {
    /// A folder that is there as long as a test.
    private final class Folder {
        let path: String

        init() throws {
            path = "/tmp/martlet-hooks-\(Processes.current)-\(UInt64.random(in: 0 ... .max))"
            try Files.makeDirectory(path, mode: 0o700)
        }

        func text(_ name: String) throws -> String {
            String(decoding: try Files.contents(of: "\(path)/\(name)", limit: 4 << 20), as: UTF8.self)
        }

        func has(_ name: String) -> Bool { (try? text(name)) != nil }

        deinit { try? TreeRemoval.remove(path) }
    }

    private let folder: Folder

    init() throws { folder = try Folder() }

    private func write(_ text: String, to path: String, mode: UInt32) throws {
        let file = try Files.open(path, flags: [.writeOnly, .create], mode: mode)
        try Files.writeAll(file.rawValue, Array(text.utf8))
    }

    /// A script's hook; `$1` is the folder, `$2` what is given.
    private func script(_ text: String, _ argument: String = "", timeout: UInt32? = nil) -> RuntimeHook {
        RuntimeHook(path: "/bin/sh", args: ["sh", "-c", text, "sh", folder.path, argument], timeout: timeout)
    }

    private func runner(_ kind: RuntimeHooks.Kind, _ hooks: [RuntimeHook]) -> HookRunner {
        var all = RuntimeHooks()
        switch kind {
        case .prestart: all.prestart = hooks
        case .createRuntime: all.createRuntime = hooks
        case .createContainer: all.createContainer = hooks
        case .startContainer: all.startContainer = hooks
        case .poststart: all.poststart = hooks
        case .poststop: all.poststop = hooks
        }
        return HookRunner(all)
    }

    private func failure(_ hooks: [RuntimeHook], state: [UInt8] = []) throws -> HookError {
        try #require(
            #expect(throws: HookError.self) { try runner(.createRuntime, hooks).run(.createRuntime, state: state) })
    }

    @Test("a hook gets its arguments, its environment and the state, exactly")
    func exact() throws {
        let hook = RuntimeHook(
            path: "/bin/sh",
            args: [
                "a name of its own", "-c",
                "cat > \(folder.path)/state; cat /proc/$$/environ > \(folder.path)/env; cat /proc/$$/cmdline > \(folder.path)/args",
            ],
            env: ["KEY=a value", "PATH=/bin:/usr/bin"])
        try runner(.createRuntime, [hook]).run(.createRuntime, state: Array(#"{"id":"c"}"#.utf8))
        #expect(try folder.text("state") == #"{"id":"c"}"#)
        #expect(try folder.text("env") == "KEY=a value\0PATH=/bin:/usr/bin\0")
        #expect(try folder.text("args").hasPrefix("a name of its own\0-c\0"))
    }

    @Test("without arguments a hook gets its path alone, with an empty environment none, and without one ours")
    func bare() throws {
        let file = "\(folder.path)/hook"
        let text = "#!/bin/sh\necho \"$# $0 ${MARTLET_HOOK_TEST-none}\" > \(folder.path)/out\n"
        try write(text, to: file, mode: 0o755)
        try Environment.set("MARTLET_HOOK_TEST", to: "ours")
        defer { try? Environment.set("MARTLET_HOOK_TEST", to: nil) }
        try runner(.poststart, [RuntimeHook(path: file, env: [])]).run(.poststart, state: [])
        #expect(try folder.text("out") == "0 \(file) none\n")
        try runner(.poststart, [RuntimeHook(path: file)]).run(.poststart, state: [])
        #expect(try folder.text("out") == "0 \(file) ours\n")
    }

    @Test("a hook has its three streams and no other descriptor, even of those that we were given")
    func descriptors() throws {
        let given = try Files.open("/dev/null", flags: .readOnly)
        try Descriptors.setCloseOnExec(given.rawValue, false)
        try runner(.createRuntime, [script("ls /proc/$$/fd > $1/fds")]).run(.createRuntime, state: [])
        // The shell's own are 0 to 2; dash adds one of 10 or more at most.
        let numbers = try folder.text("fds").split(separator: "\n").compactMap { Int($0) }
        #expect(numbers.filter { $0 < 10 } == [0, 1, 2])
    }

    @Test("hooks of one kind run in their order, and the others don't", arguments: RuntimeHooks.Kind.allCases)
    func order(kind: RuntimeHooks.Kind) throws {
        let append = "echo $2 >> $1/order"
        let hooks = runner(kind, [script(append, "1"), script("sleep 0.05; " + append, "2"), script(append, "3")])
        for other in RuntimeHooks.Kind.allCases { try hooks.run(other, state: []) }
        #expect(try folder.text("order") == "1\n2\n3\n")
    }

    @Test("the state isn't made when there is no hook to read it")
    func lazyState() throws {
        var made = 0
        func state() -> [UInt8] {
            made += 1
            return []
        }
        try HookRunner(RuntimeHooks()).run(.prestart, state: state())
        #expect(made == 0)
        try runner(.prestart, [script("true"), script("true")]).run(.prestart, state: state())
        #expect(made == 1)
    }

    @Test("a failing hook's error names its field, its path and what it said, and the ones after it don't run")
    func failing() throws {
        let error = try failure([
            script("true"), script("echo out; printf 'err\\033[2J\\n' >&2; exit 3"), script("touch $1/late"),
        ])
        #expect(error.problem == .ended(.code(3)) && error.index == 1)
        #expect(
            error.description
                == "error running createRuntime hook #1: hooks.createRuntime[1] \"/bin/sh\": exit status 3: out; err?[2J"
        )
        #expect(!folder.has("late"))
    }

    @Test("so does one that a signal ended, that isn't there, or can't be executed")
    func notRun() throws {
        #expect(
            try failure([script("kill -9 $$")]).description
                == "error running createRuntime hook #0: hooks.createRuntime[0] \"/bin/sh\": ended by signal 9")
        let missing = try failure([RuntimeHook(path: "/nowhere/hook")])
        #expect(
            missing.description.hasPrefix(
                "error running createRuntime hook #0: hooks.createRuntime[0] \"/nowhere/hook\": "))
        #expect(missing.description.contains("no such file"))
        try write("text", to: "\(folder.path)/text", mode: 0o644)
        guard case .system(let reason) = try failure([RuntimeHook(path: "\(folder.path)/text")]).problem else {
            Issue.record("expected the kernel's refusal")
            return
        }
        #expect(reason.errno == .accessDenied)
    }

    @Test("the warnings of poststop: all of its hooks run, and each failure is told")
    func warnings() throws {
        let hooks = runner(.poststop, [script("exit 1"), script("touch $1/second"), script("exit 2")])
        let failures = hooks.runAll(.poststop, state: [])
        #expect(failures.map(\.field) == ["hooks.poststop[0]", "hooks.poststop[2]"])
        #expect(failures.map(\.problem) == [.ended(.code(1)), .ended(.code(2))])
        #expect(folder.has("second"))
        let warned = { (text: String) in
            RuntimeHooks.Kind.allCases.filter { !$0.endsContainer(SpecificationVersion(text)) }
        }
        #expect(warned("1.3.0") == [.poststop])
        #expect(warned("1.2.1") == [.poststart, .poststop])
    }

    @Test("a hook that takes too long is killed with all that it started")
    func timeout() throws {
        let start = Clocks.now(.monotonic)
        let error = try failure([
            script("echo begun; sleep 60 & echo $! > $1/child; wait", timeout: 1)
        ])
        let elapsed = Clocks.now(.monotonic) - start
        #expect(error.problem == .tookTooLong(1))
        #expect(
            error.description
                == "error running createRuntime hook #0: hooks.createRuntime[0] \"/bin/sh\": killed after its timeout of 1 s: begun"
        )
        #expect((1_000_000_000..<5_000_000_000).contains(elapsed))
        let child = try #require(Int32(try folder.text("child").dropLast()))
        // The signal was sent; the kernel ends the child in its own time, and whoever adopted it reaps it.
        func isGone() -> Bool {
            let status = try? Files.contents(of: "/proc/\(child)/stat", limit: 4096)
            return status.map { String(decoding: $0, as: UTF8.self).contains(") Z ") } ?? true
        }
        let patience = Clocks.now(.monotonic) + 5_000_000_000
        while !isGone(), Clocks.now(.monotonic) < patience { Processes.yield() }
        #expect(isGone())
    }

    @Test("within its timeout a hook isn't touched, and what it leaves behind doesn't hold us up")
    func leavesBehind() throws {
        let start = Clocks.now(.monotonic)
        try runner(.createRuntime, [script("sleep 3 & exit 0", timeout: 30)]).run(.createRuntime, state: [])
        try runner(.createRuntime, [script("exec >&- 2>&-; sleep 0.1; touch $1/end")]).run(.createRuntime, state: [])
        #expect(Clocks.now(.monotonic) - start < 2_000_000_000)
        #expect(folder.has("end"))
    }

    @Test("a hook may write much; the end of it is kept")
    func muchOutput() throws {
        let error = try failure([
            script(
                "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789$i; i=$((i+1)); done; exit 1"
            )
        ])
        #expect(error.output.count == HookRunner.outputLimit)
        #expect(error.description.hasSuffix("01234567890123456789012345678901234567892999"))
        #expect(error.description.utf8.count < 5000)
    }

    @Test("a state may be long, and needn't be read")
    func longState() throws {
        let state = [UInt8](repeating: UInt8(ascii: "x"), count: 300 << 10)
        try runner(.createRuntime, [script("cat > $1/state"), script("exec true")]).run(.createRuntime, state: state)
        #expect(try folder.text("state").utf8.count == state.count)
        let error = try failure([script("true")], state: [UInt8](repeating: 0, count: HookRunner.stateLimit + 1))
        #expect(error.problem == .stateTooLong(HookRunner.stateLimit + 1))
    }

    @Test("hooks run in the child of a fork too")
    func forked() throws {
        let hooks = runner(.startContainer, [script("cat > $1/state")])
        let status: Processes.Exit
        switch try Processes.fork() {
        case .child:
            do { try hooks.run(.startContainer, state: Array("child".utf8)) } catch { Processes.exit(1) }
            Processes.exit(0)
        case .parent(let child): status = try Processes.wait(for: child)
        }
        #expect(status == .code(0))
        #expect(try folder.text("state") == "child")
    }

    @Test("two hundred hooks leave no descriptor behind")
    func noGrowth() throws {
        func open() throws -> Int { try Files.names(inDirectory: "/proc/self/fd", limit: 10_000).count }
        let before = try open()
        let hooks = runner(.prestart, Array(repeating: RuntimeHook(path: "/bin/true"), count: 200))
        try hooks.run(.prestart, state: Array("{}".utf8))
        _ = try failure([RuntimeHook(path: "/nowhere")])
        #expect(try open() == before)
    }
}
