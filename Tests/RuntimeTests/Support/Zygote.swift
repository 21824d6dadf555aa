import Foundation
import SystemCalls

/// A zygote of a test's own.
struct Zygote: Sendable {
    let running: Running
    let socket: String

    init(_ runtime: Runtime, _ options: String...) throws {
        let socket = runtime.path("zygote/socket")
        self.socket = socket
        running = try Running.start([runtime.martlet, "zygote", "--socket", socket] + options, in: runtime.folder)
        guard Machine.wait(until: { Machine.exists(socket) }) else {
            throw Running.TookTooLong(description: "no socket: \(running.error)")
        }
    }

    var process: Int32 { running.process }

    /// Those that wait in it for requests, those that work for clients, and containers that outlived them.
    var children: Set<Int32> { Set(OtherProcess.all.filter { $0.parent == process }.map(\.number)) }

    /// It and those that wait in it, complete again and at rest.
    func atRest() -> [OtherProcess] {
        var waiting: Set<Int32> = []
        _ = Machine.wait {
            waiting = children
            return waiting.count >= 2
        }
        Thread.sleep(forTimeInterval: 0.3)
        return ([process] + waiting.sorted()).map(OtherProcess.init)
    }
}

/// A process of somebody else, as /proc shows it.
struct OtherProcess: Hashable, Sendable, CustomStringConvertible {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    static var all: [OtherProcess] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.map(OtherProcess.init)
    }

    var directory: String { "/proc/\(number)" }
    var description: String { "process \(number) (\(name))" }

    /// What one of its files says; nothing when it has ended.
    func callAsFunction(_ file: String) -> String { Machine.text(of: "\(directory)/\(file)") }

    var name: String { self("comm").trimmingCharacters(in: .newlines) }

    var parent: Int32? {
        let text = self("stat")
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 1 ? Int32(fields[1]) : nil
    }

    var threads: Int { entries("task").count }

    /// What its descriptors stand for.
    var descriptors: [Int: String] {
        let numbers = entries("fd").compactMap { Int($0) }
        return Dictionary(
            uniqueKeysWithValues: numbers.compactMap { number in link("fd/\(number)").map { (number, $0) } })
    }

    /// Its namespaces by kind, such as `pid:[4026531836]`.
    func namespaces(_ kinds: [String]) -> [String] { kinds.compactMap { link("ns/\($0)") } }

    /// The inodes of its sockets that stand in the abstract namespace of its network.
    var abstractSockets: Set<String> {
        let abstract = self("net/unix").split(separator: "\n").map { $0.split(separator: " ") }
            .filter { $0.last?.hasPrefix("@") == true && $0.count > 7 }
        let own = Set(descriptors.values)
        return Set(abstract.map { "socket:[\($0[6])]" }).intersection(own)
    }

    /// Whether these bytes stand anywhere in what it can write.
    func remembers(_ text: String) throws -> Bool {
        let memory = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(directory)/mem"))
        for line in self("maps").split(separator: "\n") {
            let fields = line.split(separator: " ")
            let ends = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard fields[1].hasPrefix("rw"), ends.count == 2 else { continue }
            try memory.seek(toOffset: ends[0])
            // Parts of a mapping may lie behind the end of its file.
            let bytes = (try? memory.read(upToCount: Int(ends[1] - ends[0]))) ?? nil
            if bytes?.range(of: Data(text.utf8)) != nil { return true }
        }
        return false
    }

    private func entries(_ name: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(name)")) ?? []
    }

    private func link(_ name: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(name)")
    }
}
