import JSON

/// The instructions of a Dockerfile that samples use; any other one is refused, so that none is silently ignored.
struct Dockerfile: Sendable, Equatable {
    struct Refused: Error, CustomStringConvertible {
        let line: Int
        let problem: String
        var description: String { "Dockerfile, line \(line): \(problem)" }
    }

    struct Copy: Sendable, Equatable {
        var source: String
        var destination: String
    }

    var copies: [Copy] = []
    /// `KEY=VALUE`, unquoted.
    var environment: [String] = []
    var exposed: [UInt16] = []
    var entrypoint: [String] = []
    var command: [String] = []

    init(_ text: String) throws(Refused) {
        var isFirst = true
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where !line.isEmpty && !line.hasPrefix("#") {
            let words = line.split(separator: " ", maxSplits: 1)
            let rest = words.count == 2 ? String(words[1]) : ""
            guard isFirst == (words[0] == "FROM") else {
                throw Refused(line: index + 1, problem: "one FROM, and it comes first")
            }
            isFirst = false
            guard try add(String(words[0]), rest) else {
                throw Refused(line: index + 1, problem: "\(line) is nothing that a sample may say")
            }
        }
        guard !entrypoint.isEmpty else { throw Refused(line: 0, problem: "no ENTRYPOINT") }
    }

    /// Takes one instruction; false when it isn't understood.
    private mutating func add(_ instruction: String, _ rest: String) throws(Refused) -> Bool {
        switch instruction {
        case "FROM": return rest == "scratch"
        case "COPY":
            let paths = rest.split(separator: " ").map(String.init)
            guard paths.count == 2, paths[1].hasPrefix("/") else { return false }
            copies.append(Copy(source: paths[0], destination: paths[1]))
            return true
        case "ENV":
            guard let variable = Self.variable(rest) else { return false }
            environment.append(variable)
            return true
        case "EXPOSE":
            let ports = rest.split(separator: " ").map { UInt16($0) }
            exposed += ports.compactMap { $0 }
            return !ports.contains(nil)
        case "ENTRYPOINT":
            entrypoint = Self.words(rest) ?? []
            return !entrypoint.isEmpty
        case "CMD":
            command = Self.words(rest) ?? []
            return !command.isEmpty
        default: return false
        }
    }

    /// The exec form: a JSON array of strings.
    private static func words(_ text: String) -> [String]? {
        try? JSONNode(reading: [UInt8](text.utf8)).strings()
    }

    /// `KEY=VALUE` or `KEY="VALUE"`, one to a line.
    private static func variable(_ text: String) -> String? {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return nil }
        let value = text[text.index(after: equals)...]
        guard value.contains("\"") || value.contains(" ") else { return text }
        guard value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") else { return nil }
        let inner = value.dropFirst().dropLast()
        return inner.contains("\"") ? nil : "\(text[...equals])\(inner)"
    }
}
