import Foundation
import JSON

/// A folder below oci-samples: what it shows, and every way in which it is run (oci-samples/README.md explains the keys).
struct Sample: Sendable {
    struct Mount: Sendable {
        var target: String
        /// A folder of the sample; nil is a fresh empty folder.
        var source: String?
        var readOnly = false
    }

    struct Client: Sendable {
        var port: UInt16
        var send: String
        var expect: String
    }

    struct Server: Sendable {
        var expect: String
        var answer: String
    }

    struct Run: Sendable {
        var name = ""
        var arguments: [String] = []
        var environment: [String] = []
        var standardInput: String?
        var terminal = false
        var mounts: [Mount] = []
        var ports: [UInt16] = []
        var clients: [Client] = []
        var server: Server?
        var outbound: [String] = []
        var exitCode: Int32 = 0
        var standardOutput = ""
        var standardErrorContains: [String] = []
        var filesAfter: [(path: String, content: String)] = []
    }

    let name: String
    let folder: URL
    let shows: String
    let runs: [Run]
    let dockerfile: Dockerfile

    /// The names of all folders, sorted; only the toolchain matrix beside them, which has a script of its own, is no sample.
    static func allNames(in samples: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(at: samples, includingPropertiesForKeys: [.isDirectoryKey])
            .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
            .map(\.lastPathComponent).filter { $0 != "toolchains" }.sorted()
    }

    init(_ name: String, in samples: URL) throws {
        self.name = name
        folder = samples.appendingPathComponent(name, isDirectory: true)
        let manifest = try JSONNode(reading: [UInt8](Data(contentsOf: folder.appendingPathComponent("sample.json"))))
        try manifest.allow(["shows", "runs"])
        shows = try manifest.required("shows").string()
        runs = try manifest.required("runs").elements().map(Run.init)
        dockerfile = try Dockerfile(String(contentsOf: folder.appendingPathComponent("Dockerfile"), encoding: .utf8))
    }

    /// A text that the manifest names.
    func text(_ file: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
    }
}

extension Sample.Run {
    init(_ node: JSONNode) throws(JSONError) {
        try node.allow([
            "name", "arguments", "environment", "stdin", "terminal", "mounts", "ports", "clients", "server", "outbound",
            "exitCode", "stdout", "stderrContains", "filesAfter",
        ])
        name = try node.required("name").string()
        arguments = try node.optional("arguments")?.strings() ?? []
        environment = try node.optional("environment")?.strings() ?? []
        standardInput = try node.optional("stdin")?.string()
        terminal = try node.optional("terminal")?.bool() ?? false
        for mount in try node.optional("mounts")?.elements() ?? [] { mounts.append(try Sample.Mount(mount)) }
        for port in try node.optional("ports")?.elements() ?? [] { ports.append(try port.integer()) }
        for client in try node.optional("clients")?.elements() ?? [] { clients.append(try Sample.Client(client)) }
        if let server = try node.optional("server") { self.server = try Sample.Server(server) }
        outbound = try node.optional("outbound")?.strings() ?? []
        exitCode = try node.optional("exitCode")?.integer() ?? 0
        standardOutput = try node.required("stdout").string()
        standardErrorContains = try node.optional("stderrContains")?.strings() ?? []
        for (path, content) in try node.optional("filesAfter")?.members() ?? [] {
            filesAfter.append((path, try content.string()))
        }
    }
}

extension Sample.Mount {
    init(_ node: JSONNode) throws(JSONError) {
        try node.allow(["target", "source", "readOnly"])
        target = try node.required("target").string()
        source = try node.optional("source")?.string()
        readOnly = try node.optional("readOnly")?.bool() ?? false
    }
}

extension Sample.Client {
    init(_ node: JSONNode) throws(JSONError) {
        try node.allow(["port", "send", "expect"])
        port = try node.required("port").integer()
        send = try node.required("send").string()
        expect = try node.required("expect").string()
    }
}

extension Sample.Server {
    init(_ node: JSONNode) throws(JSONError) {
        try node.allow(["expect", "answer"])
        expect = try node.required("expect").string()
        answer = try node.required("answer").string()
    }
}

extension JSONNode {
    /// Refuses a member that no key of the manifest's description covers: a misspelt one would test nothing.
    func allow(_ keys: Set<String>) throws(JSONError) {
        for (key, node) in try members() where !keys.contains(key) {
            throw node.invalid("no such key; there are \(keys.sorted().joined(separator: ", "))")
        }
    }
}
