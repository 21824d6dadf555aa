import Cgroups
import ContainerLifecycle
import Glibc
import OCISpec
import ProbeWords
import Sandbox
import SystemCalls

/// Runs workloads whose bodies are made of the words.
struct LifecycleProbe {
    let words: Words

    init(_ arguments: ArraySlice<String>) { words = Words(arguments) }

    private var timeout: Duration? { words.number("timeout").map { .milliseconds($0) } }

    private func cgroup(_ name: String) throws -> ContainerCgroup? {
        guard words.has("memory") || words.has("cpus") else { return nil }
        return try ContainerCgroup.create(
            path: nil, id: name,
            resources: LinuxResources(
                memory: words.number("memory").map { UInt64($0) << 20 },
                milliCPUs: words.number("cpus").map { UInt32($0) }),
            rootless: false, controllers: ["memory", "cpu"], restrictsDevices: false)
    }

    func foreground() {
        do {
            let signals = try HeldSignals()
            defer { signals.release() }
            let cgroup = try cgroup("probe-\(Processes.current)")
            defer { try? cgroup?.delete() }
            let foreground = Foreground(
                timeout: timeout, terminal: words.has("terminal"), interactive: words.has("interactive"), cgroup: cgroup
            )
            let exit = try foreground.run(holding: signals, body)
            say("status=\(exit.status)")
            if let explanation = exit.explanation { say("explanation=\(explanation)") }
        } catch { say("error=\(error)") }
    }

    func detached() {
        do {
            let state = try StateDirectory.open(path: words.value("state"))
            let id = try ContainerID.random()
            var record = ContainerRecord(
                id: id, name: words.value("name"), image: "probe", command: words.all.map(\.name),
                created: Clocks.now(.realtime))
            record.removesItself = words.has("rm")
            record.layer = words.value("layer")
            record.cgroup = try cgroup(id.text)
            record = try state.create(record)
            let log = LogLimits(fileSize: Int64(words.number("logsize") ?? 10 << 20))
            let detached = Detached(
                state: state, timeout: timeout, log: log, terminal: words.has("terminal"),
                keeps: try locked(words.values("lock")))
            say("id=\(try detached.launch(record, body).id)")
        } catch { say("error=\(error)") }
    }

    /// Files that stay locked as long as somebody has these descriptors.
    private func locked(_ paths: [String]) throws -> [Int32] {
        try paths.map { path in
            let file = try Files.open(path, flags: [.readWrite, .create], mode: 0o600)
            try Files.lock(file.rawValue, exclusive: true)
            return file.release()
        }
    }

    /// The guest.
    private func body(_ start: consuming StartChannel) -> Int32 {
        if let reason = words.value("refuse") { return start.failed(reason) }
        if words.has("confined") {
            var policy = SandboxPolicy(keepDescriptors: [start.rawValue], diesWithParent: start.parent)
            policy.user = try? UserIdentity(user: 1234, group: 1234)
            do { _ = try policy.apply() } catch { return start.failed("\(error)") }
        }
        start.succeeded()
        for word in words.all {
            switch word.name {
            case "say": say(word.value)
            case "complain": say(word.value, to: 2)
            case "prompt": try? Files.writeAll(1, Array(word.value.utf8))
            case "lines": for number in 0..<(Int(word.value) ?? 0) { say("line \(number)") }
            case "long": say(String(repeating: "x", count: Int(word.value) ?? 0))
            case "sleep": sleep(Int(word.value) ?? 0)
            case "signal": _ = kill(getpid(), Int32(word.value) ?? 0)
            case "allocate": allocate(Int(word.value) ?? 0)
            case "echo": echo()
            case "terminals": say("terminals=\((0..<3).map { Terminals.isTerminal($0) })")
            case "size": say("size=\((try? Terminals.size(of: 0)).map { "\($0.rows)x\($0.columns)" } ?? "none")")
            case "input":
                say(
                    "input=\((try? Files.readAll(0, limit: 100)).map { String(decoding: $0, as: UTF8.self) } ?? "none")"
                )
            case "flood": while true { say("flood") }
            case "exit": return Int32(word.value) ?? 0
            case "deaf": signal(SIGTERM, SIG_IGN)
            case "spin": while Clocks.now(.processCPU) < UInt64(word.value).map({ $0 * 1_000_000 }) ?? 0 {}
            case "mask": say("mask=\(blockedSignals)")
            default: break
            }
        }
        return 0
    }

    private func allocate(_ megabytes: Int) {
        var pieces: [[UInt8]] = []
        for _ in 0..<megabytes { pieces.append([UInt8](repeating: 1, count: 1 << 20)) }
        say("allocated \(pieces.count)")
    }

    /// Lines until the end of input.
    private func echo() {
        var buffer = [UInt8](repeating: 0, count: 1000)
        while let count = try? buffer.withUnsafeMutableBytes({ try Files.read(0, into: $0) }), count > 0 {
            try? Files.writeAll(1, Array("got ".utf8) + buffer[..<count])
        }
    }

    private var blockedSignals: String {
        let text = String(decoding: (try? Files.contents(of: "/proc/self/status", limit: 65_536)) ?? [], as: UTF8.self)
        return text.split(separator: "\n").first { $0.hasPrefix("SigBlk") }.map(String.init) ?? ""
    }
}
