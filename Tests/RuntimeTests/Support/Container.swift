import Foundation
import JSON
import SystemCalls

/// One container of a test's: the verbs, with its id and its bundle filled in.
struct Container: Sendable {
    let runtime: Runtime
    let id: String

    var bundle: String { runtime.path(id) }
    var root: String { "\(bundle)/rootfs" }

    /// Runs a verb on this container: options, then the id, then more words.
    @discardableResult
    func callAsFunction(_ verb: String, _ options: String..., then more: [String] = []) throws -> Outcome {
        try runtime.start([verb] + options + [id] + more).wait()
    }

    func start(_ verb: String, _ options: [String] = [], then more: [String] = [], input: String = "") throws -> Running
    {
        try runtime.start([verb] + options + [id] + more, input: input)
    }

    /// `run` in the foreground, to its end.
    func run(_ options: String..., input: String = "") throws -> Outcome {
        try start("run", ["--bundle", bundle] + options, input: input).wait()
    }

    @discardableResult
    func create(_ options: String...) throws -> Outcome {
        try start("create", ["--bundle", bundle] + options).wait()
    }

    /// Creates and starts it, and waits until the guest says that it is ready.
    func launch() throws -> Outcome {
        let created = try create()
        guard created.code == 0 else { throw Running.TookTooLong(description: "\(created)") }
        let started = try callAsFunction("start")
        guard started.code == 0 else { throw Running.TookTooLong(description: "\(started)") }
        guard created.of.wrote("ready") else { throw Running.TookTooLong(description: "not ready: \(created)") }
        return created
    }

    /// Makes its files those of the root of `BundleConfiguration.useOwnUserNamespace`, who has to reach them, too.
    func giveFilesAway() throws {
        for path in [runtime.folder.path, bundle, root] {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        _ = try runtime.other("/bin/chown", "-R", "100000:100000", root)
    }

    /// Another process in it, asleep, whose parent is there to bury it: what nobody buries keeps the container's end waiting.
    ///
    /// - Returns: the runtime, and the process.
    func execute(_ program: String) throws -> (Running, Int32) {
        let file = runtime.path("\(id)-pid")
        let running = try start("exec", ["--pid-file", file], then: [program, "rest"])
        guard running.wrote("ready"), let process = Int32(Machine.text(of: file)) else {
            throw Running.TookTooLong(description: "not ready: \(running.error)")
        }
        return (running, process)
    }

    func state() throws -> JSONNode { try JSONNode(reading: Array(callAsFunction("state").output.utf8)) }

    func status() throws -> String { try state().required("status").string() }

    func process() throws -> Int32 { try state().required("pid").integer() }

    /// Waits until it is so.
    func becomes(_ status: String) throws -> Bool { try Machine.wait { try self.status() == status } }

    /// Where it has cgroups, in any hierarchy.
    func cgroups() -> [String] {
        Set(Machine.hierarchies).flatMap { hierarchy in
            let found = FileManager.default.enumerator(atPath: hierarchy)
            return (found?.compactMap { $0 as? String } ?? []).filter { $0.contains(id) }.map { "\(hierarchy)/\($0)" }
        }
    }
}
