import ContainerMounts
import ProbeWords
import SystemCalls

/// Mounts each `volume=SOURCE:DESTINATION[:ro]` into a copy of the mount of `root=…`, and answers each `read=…` and `write=…`
/// from the tree's own descriptor. With `namespace` the tree is mounted in a namespace of this process's, as older kernels
/// want it; with `closed` the root is read-only.
struct VolumeProbe {
    let words: Words

    init(_ arguments: ArraySlice<String>) { words = Words(arguments) }

    func run() {
        do {
            let root = try Mounts.copyTree(words.value("root") ?? "/nowhere", recursive: false)
            try Mounts.change(root.rawValue, propagation: .private)
            var tree = VolumeTree(root: root, hasOwnNamespace: false)
            if words.has("namespace") { try tree.mountRoot() }
            try tree.mount(words.all.filter { $0.name == "volume" }.map { volume($0.value) })
            let opened = try tree.finish(readOnly: words.has("closed"))
            for word in words.all { answer(word.name, word.value, in: opened.rawValue) }
        } catch {
            say("refused=\(error)")
            Processes.exit(1)
        }
    }

    private func volume(_ text: String) -> Volume {
        let parts = text.split(separator: ":").map(String.init)
        return Volume(
            source: parts[0], destination: parts.count > 1 ? parts[1] : "", isReadOnly: parts.last == "ro")
    }

    private func answer(_ name: String, _ path: String, in root: Int32) {
        switch name {
        case "read":
            say(
                "read \(path): "
                    + outcome {
                        let file = try Files.open(path, in: root, flags: .readOnly, resolve: .inRoot)
                        return String(decoding: try Files.readAll(file.rawValue, limit: 1 << 16), as: UTF8.self)
                    })
        case "write":
            say(
                "write \(path): "
                    + outcome {
                        let file = try Files.open(
                            path, in: root, flags: [.writeOnly, .create], mode: 0o644, resolve: .inRoot)
                        try Files.writeAll(file.rawValue, Array("written".utf8))
                        return "ok"
                    })
        default: return
        }
    }
}
