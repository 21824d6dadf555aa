import CForgedCode
import Glibc
import ProbeWords
import Sandbox
import SystemCalls

/// Puts a sandbox on, then tries things.
struct ConfinedProbe {
    let words: Words

    init(_ arguments: ArraySlice<String>) { words = Words(arguments) }

    /// What stays open for the test's own use.
    private var directories: [(path: String, descriptor: Int32)] {
        (words.values("rw") + words.values("ro")).map { path in
            (path, (try? Files.open(path, flags: [.readOnly]).release()) ?? -1)
        }
    }

    /// Applies the policy that the words describe; the descriptors of `rw` and `ro` in their order.
    private func confine(keeping extra: [Int32] = []) -> [Int32] {
        let opened = directories.map(\.descriptor)
        let writable = words.values("rw").count
        var policy = SandboxPolicy(keepDescriptors: opened + extra, workingDirectory: opened.first)
        policy.paths = opened.enumerated().map {
            PathRule(descriptor: $1, access: $0 < writable ? .readWrite : .readOnly)
        }
        policy.seccomp =
            words.has("noseccomp")
            ? nil
            : SeccompProfile(
                network: words.has("network"), threads: words.has("threads"), datagrams: !words.has("nodatagrams"))
        if words.has("nolandlock") { policy.landlock = .off }
        if words.has("network") {
            let connect = words.values("connect")
            policy.ports = .granted(
                bind: words.values("bind").compactMap { UInt16($0) },
                connect: connect.isEmpty ? .anyPort : .ports(connect.compactMap { UInt16($0) }))
        }
        do {
            if let user = words.value("user") { policy.user = try UserIdentity.resolve(user, inRoot: nil) }
            for note in try policy.apply() { say("note=\(note)") }
        } catch {
            say("refused=\(error)")
            Processes.exit(1)
        }
        return opened
    }

    func confineForFiles() -> Int32? { confine().first }

    func attempt() {
        _ = confine()
        for name in words.values("name") {
            let result = forged_attempt(name)
            say(result == 0 ? "allowed" : result < 0 ? "no such attempt" : "\(Errno(rawValue: result))")
        }
    }

    func showStatus() {
        guard let status = try? Files.open("/proc/self/status", flags: .readOnly).release() else { return }
        _ = confine(keeping: [status])
        say(String(decoding: (try? Files.readAll(status, limit: 1 << 16)) ?? [], as: UTF8.self))
    }

    func showDescriptors() {
        let extra = (0..<40).compactMap { _ in try? Files.open("/", flags: [.readOnly, .directory]).release() }
        _ = confine(keeping: [extra[7], extra[20]])
        say("kept=\([extra[7], extra[20]])")
        say("open=\(OpenDescriptors.census())")
        say("directory=\(Words.currentDirectory)")
        say("inode=\((try? FileStatus.of("."))?.inode ?? 0)")
    }

    func usePaths() {
        let opened = confine()
        for (index, directory) in opened.enumerated() {
            for path in ["old", ".", "../other", "/etc/passwd", "link-out"] {
                say(
                    "read \(index) \(path): \(outcome { try Files.open(path, in: directory, flags: .readOnly).close() })"
                )
            }
            say(
                "create \(index): \(outcome { try Files.open("new", in: directory, flags: [.writeOnly, .create], mode: 0o600).close() })"
            )
            say(
                "truncate \(index): \(outcome { try Files.open("old", in: directory, flags: [.writeOnly, .truncate]).close() })"
            )
            say("remove \(index): \(outcome { try Files.unlink("old2", in: directory) })")
            say("execute \(index): \(access("old", X_OK) == 0)")
        }
    }

    func usePorts() {
        _ = confine()
        for (index, port) in words.values("try").compactMap({ UInt16($0) }).enumerated() {
            say("bind \(index): \(outcome { try attempt(port, bind) })")
            say("connect \(index): \(outcome { try attempt(port, connect) })")
        }
    }

    private func attempt(
        _ port: UInt16, _ call: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
    ) throws(SystemCallError) {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else { throw SystemCallError("socket") }
        let owned = OwnedDescriptor(adopting: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(owned.rawValue, $0, size) }
        }
        if status != 0 { throw SystemCallError("call") }
    }

    func useThreads() {
        _ = confine()
        say(
            outcome {
                let monitor = Monitor(0)
                for _ in 0..<8 {
                    let thread = try JoinableThread {
                        let pieces = (0..<1000).map { [UInt8](repeating: 1, count: $0 * 10) }
                        monitor.update { $0 += pieces.count }
                    }
                    _ = consume thread
                }
                if monitor.wait({ $0 }) != 8000 { throw SystemCallError("threads", nil, .invalid) }
            })
    }

    func useMemory() {
        _ = confine()
        var pieces: [[UInt8]] = []
        for size in [10, 1000, 100_000, 10_000_000, 100_000_000] {
            pieces.append([UInt8](repeating: 7, count: size))
            pieces[pieces.count - 1].append(contentsOf: pieces[0])
        }
        say("\(pieces.reduce(0) { $0 + $1.count })")
    }

    /// Ends as a mistake in our own code would.
    func crash() {
        _ = confine()
        let numbers = words.values("number").compactMap { Int($0) }
        say("\(numbers[numbers.count])")
    }
}

extension Words {
    static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "none" }
        defer { free(path) }
        return String(cString: path)
    }
}

/// `ok`, or the error's name.
func outcome(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "ok"
    } catch let error as SystemCallError {
        return "\(error.errno)"
    } catch { return "\(error)" }
}
