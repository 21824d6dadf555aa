import SystemCalls

/// Words of the form `name` or `name=value`.
struct Words {
    let all: [(name: String, value: String)]

    init(_ arguments: ArraySlice<String>) {
        all = arguments.map { argument in
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
        }
    }

    func has(_ name: String) -> Bool { all.contains { $0.name == name } }
    func value(_ name: String) -> String? { all.first { $0.name == name }?.value }
}

func say(_ text: String) { try? Files.writeAll(1, Array((text + "\n").utf8)) }

/// `ok`, or the error.
func outcome(_ body: () throws -> String) -> String {
    do { return try body() } catch let error as SystemCallError { return "\(error.errno)" } catch { return "\(error)" }
}
