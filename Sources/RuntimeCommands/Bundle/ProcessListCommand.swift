import BundleRuntime
import JSON
import SystemCalls

/// `martlet ps ID`: the container's processes, as numbers or as rows of ps(1).
enum ProcessListCommand {
    static func run(_ words: [String], _ context: BundleContext) throws -> Int32 {
        var settings = ProcessListSettings()
        let operands = try ProcessListSettings.table.parse(words, into: &settings, operands: 1, through: .max)
        let processes = try context.runtime().processes(of: operands[0])
        switch settings.format {
        case .json:
            try Diagnostics.print(JSONValue.array(processes.map { .integer(Int64($0)) }).text())
        case .table:
            let options = operands.count > 1 ? Array(operands.dropFirst()) : ["-ef"]
            for line in try rows(of: try output(of: options), processes) { try Diagnostics.print(line) }
        }
        return 0
    }

    private static let outputLimit = 16 << 20
    private static let timeout = Duration.seconds(30)

    private static func output(of options: [String]) throws(CommandFailure) -> String {
        let searchPath = Environment.value("PATH") ?? "/usr/bin:/bin"
        guard let program = ChildProgram.find("ps", searchPath: searchPath) else {
            throw CommandFailure("ps: no such file or directory in PATH; ps --format json needs none")
        }
        let outcome = try CommandFailure.wrapping { () throws(SystemCallError) in
            try ChildProgram.run(
                program, arguments: ["ps"] + options, environment: Environment.all, input: .bytes([]),
                outputLimit: outputLimit, timeout: timeout)
        }
        guard outcome.end == .exited(.code(0)) else { throw CommandFailure("\(program) failed: \(outcome.end)") }
        return String(decoding: outcome.output, as: UTF8.self)
    }

    /// The header of a table of ps(1), and those of its rows whose PID is one of these.
    static func rows(of table: String, _ processes: [Int32]) throws(CommandFailure) -> [String] {
        let lines = table.split(separator: "\n")
        let header = lines.first?.split(separator: " ") ?? []
        guard let first = lines.first, let column = header.firstIndex(of: "PID") else {
            throw CommandFailure("ps printed no PID column: choose options with one, such as -ef")
        }
        let wanted = Set(processes)
        let rows = lines.dropFirst().filter { line in
            let cells = line.split(separator: " ", maxSplits: column + 1)
            return column < cells.count && Int32(cells[column]).map(wanted.contains) == true
        }
        return [String(first)] + rows.map(String.init)
    }
}
