import Foundation
import JSON
import SystemCalls

/// An OCI bundle in the making: what a test says about it goes into `config.json`.
struct BundleConfiguration {
    var arguments: [String]
    var environment = ["PATH=/bin:/"]
    var directory = "/"
    /// More members of `process`.
    var process: JSONObject = [:]
    var isRootReadOnly = false
    var mounts: [JSONValue]
    var linux: JSONObject
    /// More members of the whole.
    var others: JSONObject = [:]

    static let mountsOfProc: JSONValue = ["destination": "/proc", "type": "proc", "source": "proc"]
    static let mountsOfDev: JSONValue = [
        "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
        "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
    ]
    static let mountsOfPts: JSONValue = [
        "destination": "/dev/pts", "type": "devpts", "source": "devpts",
        "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
    ]

    /// The guest with these words, in namespaces of its own, as an engine would ask for it.
    init(_ guest: Guest, _ words: [String]) {
        arguments = [guest.path] + words
        mounts = [Self.mountsOfProc, Self.mountsOfDev, Self.mountsOfPts]
        linux = ["namespaces": Self.namespaces(["pid", "network", "ipc", "uts", "mount"])]
    }

    static func namespaces(_ kinds: [String]) -> JSONValue { .array(kinds.map { ["type": .string($0)] }) }

    static func strings(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

    static func bind(_ source: String, _ destination: String, _ options: String...) -> JSONValue {
        [
            "destination": .string(destination), "type": "bind", "source": .string(source),
            "options": strings(["bind"] + options),
        ]
    }

    /// Adds a user namespace of its own, in which 0 to 999 are the host's from 100,000 on; see `Container.giveFilesAway`.
    mutating func useOwnUserNamespace() {
        linux["namespaces"] = Self.namespaces(["pid", "mount", "ipc", "uts", "user", "network"])
        let mapping: JSONValue = [["containerID": 0, "hostID": 100_000, "size": 1000]]
        linux["uidMappings"] = mapping
        linux["gidMappings"] = mapping
    }

    /// A hook that runs `script` in a shell of the host's.
    static func hook(_ script: String) -> JSONValue { ["path": "/bin/sh", "args": ["sh", "-c", .string(script)]] }

    var json: JSONValue {
        var process = process
        let defaults: JSONObject = [
            "args": Self.strings(arguments), "env": Self.strings(environment), "cwd": .string(directory),
            "user": ["uid": 0, "gid": 0],
        ]
        for member in defaults.members where process[member.key] == nil { process[member.key] = member.value }
        var whole: JSONObject = [
            "ociVersion": "1.0.2", "process": .object(process),
            "root": ["path": "rootfs", "readonly": .bool(isRootReadOnly)],
            "mounts": .array(mounts), "linux": .object(linux),
        ]
        for member in others.members { whole[member.key] = member.value }
        return .object(whole)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { Member(key: $0.0, value: $0.1) })
    }
}
