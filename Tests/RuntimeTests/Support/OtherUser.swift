import Foundation
import JSON
import SystemCalls

/// A user without privileges, with a home and records of his own in a test's folder, who runs martlet.
struct OtherUser: Sendable {
    static let number = 1234
    /// What a test needs of the machine.
    static let isPossible = Machine.isRoot && Machine.program("setpriv") != nil
    static let isMissing = "root and setpriv are needed"

    let runtime: Runtime
    private let home: String

    init(_ runtime: Runtime) throws {
        self.runtime = runtime
        home = try runtime.directory("home")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: runtime.folder.path)
    }

    /// A program as this user, or as another one.
    func start(_ words: [String], as number: Int = number) throws -> Running {
        try Running.start(
            [
                Machine.program("setpriv") ?? "/usr/bin/setpriv", "--reuid", "\(number)", "--regid", "\(number)",
                "--clear-groups", "/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "HOME=\(home)",
                "XDG_RUNTIME_DIR=\(home)",
            ] + words, in: runtime.folder)
    }

    /// Where his records are.
    var root: String { "\(home)/state" }

    func martlet(_ words: [String]) throws -> Running { try start([runtime.martlet, "--root", root] + words) }

    @discardableResult
    func callAsFunction(_ words: String...) throws -> Outcome { try martlet(words).wait() }

    func state(_ container: Container) throws -> JSONNode {
        try JSONNode(reading: Array(self("state", container.id).output.utf8))
    }

    /// A bundle of this user's, whose one id is the container's root.
    func bundle(
        _ guest: Guest, _ words: String..., change: (inout BundleConfiguration) throws -> Void = { _ in }
    ) throws -> Container {
        let container = try runtime.bundle(guest) {
            $0.arguments += words
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "mount", "ipc", "uts", "user", "network"])
            $0.linux["uidMappings"] = Self.mapping(to: Self.number)
            $0.linux["gidMappings"] = Self.mapping(to: Self.number)
            $0.mounts.removeLast()  // devpts gives terminals to a group that isn't mapped
            try change(&$0)
        }
        if guest == .native {
            try FileManager.default.copyItem(atPath: Guest.wasm.file().path, toPath: container.root + Guest.wasm.path)
        }
        try own()
        return container
    }

    static func mapping(to number: Int) -> JSONValue {
        [["containerID": 0, "hostID": .integer(Int64(number)), "size": 1]]
    }

    /// Makes all of the test's files his.
    func own() throws {
        _ = try runtime.other("/bin/chown", "-R", "\(Self.number):\(Self.number)", runtime.folder.path)
    }

    /// Whether this kernel lets him make user namespaces at all; a test that can't go on says so.
    static func mayMakeNamespaces(_ outcome: Outcome) -> Bool {
        guard outcome.error.contains("linux.namespaces: ") else { return true }
        Machine.skip("unprivileged user namespaces: \(outcome)")
        return false
    }
}
