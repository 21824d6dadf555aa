import BundleRuntime
import JSON
import OCISpec
import SystemCalls

/// `martlet state`.
enum StateCommand {
    static let table = PlainSettings.table("state", "Print a container's state as JSON.")

    static func run(_ words: [String], _ context: BundleContext) throws -> Int32 {
        let id = try table.parseID(words)
        let state = try context.runtime().state(of: id)
        try Diagnostics.print(state.json.text(.pretty), newline: false)
        return 0
    }
}

/// `martlet list`.
enum BundleListCommand {
    static func run(_ words: [String], _ context: BundleContext) throws -> Int32 {
        var settings = BundleListSettings()
        _ = try BundleListSettings.table.parse(words, into: &settings, operands: 0, through: 0)
        let containers = try context.runtime().list()
        if settings.onlyIDs {
            for container in containers { try Diagnostics.print(container.id.printable()) }
        } else if settings.format == .json {
            try Diagnostics.print(JSONValue.array(containers.map(json)).text())
        } else {
            try Diagnostics.print(table(containers))
        }
        return 0
    }

    static func table(_ containers: [ContainerListing]) -> String {
        let rows = containers.map { container in
            [
                container.id, "\(container.pid)", status(container), container.bundle, container.createdText,
                owner(container.owner),
            ].map { $0.printable() }
        }
        return TextTable(header: ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"], rows: rows).text
    }

    /// runc's members in runc's order: what reads its list reads this one.
    static func json(_ container: ContainerListing) -> JSONValue {
        var object: JSONObject = JSONObject([
            .init(key: "ociVersion", value: .string(container.version)),
            .init(key: "id", value: .string(container.id)), .init(key: "pid", value: .integer(Int64(container.pid))),
            .init(key: "status", value: .string(status(container))),
            .init(key: "bundle", value: .string(container.bundle)),
            .init(key: "rootfs", value: .string(container.rootfs)),
            .init(key: "created", value: .string(container.createdText)),
        ])
        if !container.annotations.isEmpty {
            let members = container.annotations.sorted { $0.key < $1.key }
            object["annotations"] = .object(
                JSONObject(members.map { .init(key: $0.key, value: .string($0.value)) }))
        }
        object["owner"] = .string(owner(container.owner))
        return .object(object)
    }

    /// A record that can't be read is listed, so that somebody can remove it.
    private static func status(_ container: ContainerListing) -> String { container.status?.rawValue ?? "damaged" }

    /// The user's name where the C library needs no plug-ins for it, and the number for the others.
    private static func owner(_ user: UInt32) -> String { user == 0 ? "root" : "#\(user)" }
}
