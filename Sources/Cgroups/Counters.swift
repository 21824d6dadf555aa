/// A file of lines such as `oom_kill 3`.
struct Counters: Equatable, Sendable {
    /// In the order of the file.
    private(set) var entries: [(name: String, value: UInt64)] = []

    static func == (one: Counters, other: Counters) -> Bool {
        one.entries.elementsEqual(other.entries) { $0.name == $1.name && $0.value == $1.value }
    }

    /// Lines of another form are left out.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count == 2, let value = UInt64(fields[1]) else { continue }
            entries.append((String(fields[0]), value))
        }
    }

    /// The first entry of a name. Linear: a file has some dozens.
    subscript(name: String) -> UInt64? { entries.first { $0.name == name }?.value }
}
