import SystemCalls

/// Words of the form `name` or `name=value`.
struct Words {
    private let words: [(name: String, value: String)]

    init(_ arguments: ArraySlice<String>) {
        words = arguments.map { argument in
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
        }
    }

    func has(_ name: String) -> Bool { words.contains { $0.name == name } }
    func value(_ name: String) -> String? { words.first { $0.name == name }?.value }
    func values(_ name: String) -> [String] { words.filter { $0.name == name }.map(\.value) }
    func number(_ name: String) -> Int? { value(name).flatMap { Int($0) } }
    var all: [(name: String, value: String)] { words }
}

/// By the one way to write that a sandbox leaves.
func say(_ text: String, to descriptor: Int32 = 1) {
    try? Files.writeAll(descriptor, Array((text + "\n").utf8))
}

func sleep(_ time: Int) {
    var nothing: [PollRequest] = []
    _ = try? Poll.wait(&nothing, timeout: UInt64(time) * 1_000_000)
}
