import ContainerMounts
import SystemCalls

/// What can be asked of the tree from inside.
enum Queries {
    /// nil for a word that is no question.
    static func result(_ name: String, _ path: String) -> String? {
        switch name {
        case "kind": outcome { try kind(path) }
        case "mode": outcome { String(try file(path, links: true).permissions, radix: 8) }
        case "owner":
            outcome {
                let status = try FileStatus.of(path, followLinks: true)
                return "\(status.owner):\(status.group)"
            }
        case "read":
            outcome { String(decoding: try Files.contents(of: path, limit: 1 << 16), as: UTF8.self) }
        case "write":
            outcome {
                let file = try Files.open(path, flags: [.writeOnly])
                try Files.writeAll(file.rawValue, [0x78])
                return "ok"
            }
        case "create":
            outcome {
                try Files.open(path, flags: [.writeOnly, .create, .exclusive], mode: 0o600).close()
                return "ok"
            }
        case "list": outcome { try Files.names(inDirectory: path, limit: 10_000).sorted().joined(separator: " ") }
        case "link": outcome { try Files.target(ofLink: path) }
        case "options": outcome { try mountLine(path) }
        case "type": outcome { try fileSystem(path) }
        case "cwd": outcome { try changeDirectory(path) }
        case "null":
            outcome {
                try ContainerRoot.reopenNullStreams()
                return "ok"
            }
        case "input":
            outcome { try MountedFile.of(0).mount == file(path, links: true).mount ? "the container's" : "the host's" }
        case "mounts": outcome { try mountPoints() }
        default: nil
        }
    }

    private static func file(_ path: String, links: Bool) throws -> MountedFile {
        let file = try Files.open(path, flags: links ? [.path] : [.path, .noFollow])
        return try MountedFile.of(file.rawValue)
    }

    private static func kind(_ path: String) throws -> String {
        switch try file(path, links: false).kind {
        case .regular: "file"
        case .directory: "directory"
        case .symbolicLink: "link"
        case .pipe: "pipe"
        case .socket: "socket"
        case .characterDevice(let number): "character \(number)"
        case .blockDevice(let number): "block \(number)"
        case .unknown: "unknown"
        }
    }

    private static func changeDirectory(_ path: String) throws -> String {
        try ContainerRoot.changeWorkingDirectory(to: path)
        return try Files.target(ofLink: "/proc/self/cwd")
    }

    private static func table() throws -> [[Substring]] {
        let text = String(decoding: try Files.contents(of: "/proc/self/mountinfo", limit: 1 << 22), as: UTF8.self)
        return text.split(separator: "\n").map { $0.split(separator: " ") }
    }

    /// The mount's options and propagation, as mountinfo has them from the sixth field on.
    private static func mountLine(_ path: String) throws -> String {
        guard let fields = try table().last(where: { $0.count > 6 && $0[4] == path }) else { return "no mount" }
        return fields[5...].joined(separator: " ")
    }

    private static func fileSystem(_ path: String) throws -> String {
        guard let fields = try table().last(where: { $0.count > 6 && $0[4] == path }) else { return "no mount" }
        return fields.drop { $0 != "-" }.dropFirst().first.map(String.init) ?? "?"
    }

    private static func mountPoints() throws -> String {
        try table().compactMap { $0.count > 4 ? String($0[4]) : nil }.joined(separator: " ")
    }
}
