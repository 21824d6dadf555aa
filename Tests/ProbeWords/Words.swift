import SystemCalls

/// The words on a probe's command line, of the form `name` or `name=value`.
public struct Words {
    public let all: [(name: String, value: String)]

    public init(_ arguments: ArraySlice<String>) {
        all = arguments.map { argument in
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
        }
    }

    public func has(_ name: String) -> Bool { all.contains { $0.name == name } }
    public func value(_ name: String) -> String? { all.first { $0.name == name }?.value }
    public func values(_ name: String) -> [String] { all.filter { $0.name == name }.map(\.value) }
    public func number(_ name: String) -> Int? { value(name).flatMap { Int($0) } }
}

/// By the one way to write that a sandbox leaves.
public func say(_ text: String, to descriptor: Int32 = 1) {
    try? Files.writeAll(descriptor, Array((text + "\n").utf8))
}

public func sleep(_ time: Int) {
    var nothing: [PollRequest] = []
    _ = try? Poll.wait(&nothing, timeout: UInt64(time) * 1_000_000)
}
