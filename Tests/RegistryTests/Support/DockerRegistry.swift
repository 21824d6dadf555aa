import NIOCore
import NIOPosix
import SystemCalls

/// Debian's docker-registry on a free port of 127.0.0.1, with a folder of its own; ended and removed with `stop()`.
struct DockerRegistry {
    enum Access {
        case open
        /// One user, `me` with the password `secret`.
        case password
        /// Tokens by this server, signed with the key of this certificate file.
        case token(realm: String, certificate: String)
        /// TLS with this certificate and key, for everybody.
        case tls(certificate: String, key: String)
    }

    let folder: String
    let address: String
    let port: Int
    private let process: Int32
    var host: String { "\(address):\(port)" }

    static var isInstalled: Bool { program("docker-registry") != nil && program("skopeo") != nil }

    static func program(_ name: String) -> String? {
        ChildProgram.find(name, searchPath: Environment.value("PATH") ?? "/usr/bin:/bin")
    }

    init(_ access: Access = .open) async throws {
        folder = "/tmp/martlet-registry-\(Processes.current)-\(UInt64.random(in: 0 ... .max))"
        try Files.makeDirectory(folder, mode: 0o700)
        // A loopback address of its own: between finding a free port and listening there nobody else can take it.
        if case .tls = access {
            address = "127.0.0.1"
        } else {
            address = "127.\(Int.random(in: 1...254)).\(Int.random(in: 0...254)).\(Int.random(in: 1...254))"
        }
        port = try await Self.freePort(address)
        var text = """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(folder)}, delete: {enabled: true}}
            http:
              addr: \(address):\(port)

            """
        switch access {
        case .open: break
        case .password:
            // bcrypt of "secret"
            try Self.write("me:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n", to: "\(folder)/users")
            text += "auth: {htpasswd: {realm: test, path: \(folder)/users}}\n"
        case .token(let realm, let certificate):
            text +=
                "auth: {token: {realm: \"\(realm)\", service: test, issuer: tests, rootcertbundle: \(certificate)}}\n"
        case .tls(let certificate, let key):
            text += "  tls: {certificate: \(certificate), key: \(key)}\n"
        }
        try Self.write(text, to: "\(folder)/config.yml")
        let null = try Files.open("/dev/null", flags: .readWrite)
        let path = Self.program("docker-registry") ?? "/usr/bin/docker-registry"
        process = try ChildProgram.start(
            path, arguments: [path, "serve", "\(folder)/config.yml"], environment: Environment.all,
            streams: (null.rawValue, null.rawValue, null.rawValue), ownGroup: true)
        try await waitUntilItListens()
    }

    /// Runs a registry while `body` runs.
    static func serving<R>(_ access: Access = .open, _ body: (DockerRegistry) async throws -> R) async throws -> R {
        let registry = try await DockerRegistry(access)
        defer { registry.stop() }
        return try await body(registry)
    }

    func stop() {
        try? Processes.kill(process, 9)
        _ = try? Processes.wait(for: process)
        try? TreeRemoval.remove(folder)
    }

    static func write(_ text: String, to path: String) throws {
        let file = try Files.open(path, flags: [.writeOnly, .create, .truncate], mode: 0o600)
        try Files.writeAll(file.rawValue, Array(text.utf8))
    }

    private static func freePort(_ address: String) async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: address, port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }

    private func waitUntilItListens() async throws {
        for _ in 0..<200 {
            if let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: address, port: port).get()
            {
                try await channel.close()
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw SystemCallError("connect", host, .connectionRefused)
    }
}

/// Another tool, run to its end: its exit code and what it wrote.
func run(_ command: String, _ arguments: String...) throws -> (code: Int32, output: String) {
    let path = DockerRegistry.program(command) ?? command
    let outcome = try ChildProgram.run(
        path, arguments: [path] + arguments, environment: Environment.all, input: .bytes([]), outputLimit: 8 << 20,
        timeout: .seconds(60))
    guard case .exited(let exit) = outcome.end else { return (-1, "\(outcome.end)") }
    return (exit.shellStatus, String(decoding: outcome.output, as: UTF8.self))
}
