import ContainerLifecycle
import JSON
import SystemCalls

/// `martlet ps`.
enum ListCommand {
    static func run(_ words: [String]) throws -> Int32 {
        var settings = ListSettings()
        guard try ListSettings.table.parse(words, into: &settings).isEmpty else {
            throw UsageError("ps takes no operand", verb: "ps")
        }
        let rows = try StateDirectory.open(path: settings.common.state).list().filter {
            settings.showsAll || $0.condition.isActive
        }
        let now = Clocks.now(.realtime)
        if settings.json {
            let list = JSONValue.array(rows.map { json($0, now: now) })
            try Diagnostics.print(String(decoding: list.bytes(.pretty), as: UTF8.self))
        } else if settings.onlyIDs {
            for row in rows { try Diagnostics.print(row.record.id.short) }
        } else {
            try Diagnostics.print(table(rows, now: now))
        }
        return 0
    }

    private static let commandWidth = 30

    private static func table(_ rows: [ContainerRow], now: UInt64) -> String {
        let cells = rows.map { row in
            let command = row.record.command.joined(separator: " ")
            return [
                row.record.id.short, row.record.image,
                command.count > commandWidth ? "\(command.prefix(commandWidth - 1))…" : command,
                "\(ContainerRow.age(since: row.record.created, now: now)) ago", row.status(now: now),
                row.record.ports.joined(separator: ", "), row.record.name,
            ].map { $0.printable() }
        }
        return TextTable(header: ["ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAME"], rows: cells).text
    }

    private static func json(_ row: ContainerRow, now: UInt64) -> JSONValue {
        let record = row.record
        return [
            "id": .string(record.id.text), "name": .string(record.name), "image": .string(record.image),
            "command": .array(record.command.map(JSONValue.string)), "status": .string(row.status(now: now)),
            "pid": row.processNumber.map { .integer(Int64($0)) } ?? .null,
            "exitCode": record.exitStatus.map { .integer(Int64($0)) } ?? .null,
            "ports": .array(record.ports.map(JSONValue.string)), "created": .string(Timestamp.text(of: record.created)),
        ]
    }
}

extension ContainerRow {
    /// The guest's process, while there is one.
    var processNumber: Int32? {
        guard condition.isActive else { return nil }
        return record.workload?.number
    }
}
