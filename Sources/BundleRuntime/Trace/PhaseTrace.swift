import SystemCalls

/// When each phase of a start began, on both sides of the fork; nothing is noted unless somebody asked.
final class PhaseTrace {
    struct Phase: Equatable {
        let name: String
        /// Of the monotonic clock, in nanoseconds.
        let time: UInt64
    }

    private(set) var phases: [Phase] = []
    let isActive: Bool

    init(isActive: Bool) {
        self.isActive = isActive
        mark("begin")
    }

    /// The phase of this name is over.
    func mark(_ name: StaticString) {
        if isActive { phases.append(Phase(name: "\(name)", time: Clocks.now(.monotonic))) }
    }

    /// In the child of a fork: only its own phases are told.
    func beginAnew() { phases = [] }

    /// As text for a message: a line for each phase.
    var text: String { phases.map { "\($0.time) \($0.name)\n" }.joined() }

    /// Phases of one process at most; a message of more isn't one of ours.
    static let limit = 256

    /// Takes in the phases that the other process told of.
    func merge(_ text: String) {
        guard isActive else { return }
        for line in text.split(separator: "\n").prefix(Self.limit) {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let time = UInt64(parts[0]) else { continue }
            phases.append(Phase(name: "  init: \(parts[1].prefix(40))", time: time))
        }
    }

    /// A line for each phase: microseconds since the beginning and since the one before.
    func report() -> [String] {
        let sorted = phases.sorted { $0.time < $1.time }
        guard let first = sorted.first else { return [] }
        var previous = first.time
        return sorted.map { phase in
            defer { previous = phase.time }
            return "\(Self.column(phase.time - first.time)) \(Self.column(phase.time - previous))  \(phase.name)"
        }
    }

    private static func column(_ nanoseconds: UInt64) -> String {
        let text = "\((nanoseconds + 500) / 1000)"
        return String(repeating: " ", count: max(0, 8 - text.utf8.count)) + text
    }
}
