import Foundation
import SystemCalls
import Testing

/// One `martlet run` of a sample, from its manifest, with what the other side of its sockets does meanwhile.
struct SampleRun {
    let sample: Sample
    let run: Sample.Run
    let images: SampleImages
    let scratch: URL

    /// Runs it and compares everything that the manifest promises.
    func check(image: String) throws {
        let server = try run.server.map { _ in try Loopback.Listener() }
        let mounts = try run.mounts.map { ($0, try folder(for: $0)) }
        var hostPorts: [UInt16: UInt16] = [:]
        for port in run.ports { hostPorts[port] = try Loopback.freePort() }

        let words = arguments(image: image, mounts: mounts, hostPorts: hostPorts, serverPort: server?.port)
        let running = try images.martlet.start(words, standardInput: run.standardInput ?? "", in: scratch)
        do {
            try talk(to: running, hostPorts, server: server)
        } catch {
            let outcome = try running.wait(seconds: 1)
            Issue.record("\(error); the guest wrote: \(outcome.standardOutput)\(outcome.standardError)")
            return
        }
        try compare(running.wait())
        if let server { #expect(try !server.hasCaller(within: 0), "a connection that the manifest doesn't expect") }
        for (path, content) in run.filesAfter { try compare(path, content, mounts) }
    }

    private func arguments(
        image: String, mounts: [(Sample.Mount, URL)], hostPorts: [UInt16: UInt16], serverPort: UInt16?
    ) -> [String] {
        func filled(_ text: String) -> String {
            text.replacingOccurrences(of: "{server}", with: serverPort.map { "\($0)" } ?? "")
        }
        var words = ["run", "--rm", "--root", images.root, "--state", images.state]
        if run.standardInput != nil { words.append("-i") }
        if run.terminal { words.append("-t") }
        for variable in run.environment { words += ["-e", variable] }
        for (mount, source) in mounts {
            words += ["-v", "\(source.path):\(mount.target)\(mount.readOnly ? ":ro" : "")"]
        }
        for port in run.ports { words += ["-p", "127.0.0.1:\(hostPorts[port] ?? 0):\(port)"] }
        for rule in run.outbound { words += ["--outbound", filled(rule)] }
        return words + [image] + run.arguments.map(filled)
    }

    /// The folder of the host that a mount shows: always one of the run's own, whatever the guest does to it.
    private func folder(for mount: Sample.Mount) throws -> URL {
        let folder = scratch.appendingPathComponent("mount\(mount.target)", isDirectory: true)
        let files = FileManager.default
        try files.createDirectory(at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
        if let source = mount.source {
            try files.copyItem(at: sample.folder.appendingPathComponent(source), to: folder)
        } else {
            try files.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        return folder
    }

    private func talk(
        to guest: Running, _ hostPorts: [UInt16: UInt16], server: Loopback.Listener?
    ) throws {
        for client in run.clients {
            let port = try #require(hostPorts[client.port], "\(client.port) is not one of the run's ports")
            #expect(try Loopback.ask(guest, port: port, client.send, expecting: client.expect) == client.expect)
        }
        if let server, let expected = run.server, !expected.expect.isEmpty {
            let question = try server.serve(expecting: expected.expect, answer: expected.answer, to: guest)
            #expect(question == expected.expect)
        }
    }

    private func compare(_ outcome: MartletCommand.Outcome) throws {
        var expected = try sample.text(run.standardOutput)
        // A terminal ends each line with a carriage return, too.
        if run.terminal { expected = expected.replacingOccurrences(of: "\n", with: "\r\n") }
        #expect(outcome.standardOutput == expected)
        #expect(outcome.exitCode == run.exitCode)
        if run.standardErrorContains.isEmpty { #expect(outcome.standardError == "") }
        for text in run.standardErrorContains { #expect(outcome.standardError.contains(text)) }
    }

    /// Compares a file that the guest left below one of its mounts.
    private func compare(_ path: String, _ content: String, _ mounts: [(Sample.Mount, URL)]) throws {
        let (mount, source) = try #require(mounts.first { path.hasPrefix($0.0.target + "/") }, "\(path) is in no mount")
        let file = source.appendingPathComponent(String(path.dropFirst(mount.target.count + 1)))
        #expect(try String(contentsOf: file, encoding: .utf8) == content)
    }
}
