import ArgumentParser
import ImageStore
import ImageTransfer
import JSON
import SystemCalls
import WasmEngine

struct CacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "List and prune compiled modules.",
        subcommands: [CacheListCommand.self, CachePruneCommand.self])
}

struct CacheListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List compiled modules.")

    @OptionGroup var store: StoreOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let cache = try CompiledModuleCache(root: try store.open().compiledModules)
        let entries = try cache.entries()
        if json { return Output.json(.array(entries.map(Self.json))) }
        if store.quiet { return entries.forEach { Output.line($0.digest) } }
        var table = Table("MODULE", "SIZE", "USED", "FOR")
        let now = Int64(clamping: Clocks.now(.realtime) / 1_000_000_000)
        for entry in entries {
            table.add(
                Self.short(entry.digest), ImageInspection.bytes(Int64(clamping: entry.size)),
                RelativeTime.text(from: entry.lastUsed / 1_000_000_000, to: now),
                entry.fingerprint == CompileWorker.configuration.fingerprint ? "this engine" : entry.fingerprint)
        }
        Output.write(table.text)
    }

    private static func short(_ digest: String) -> String {
        String(digest.split(separator: ":").last?.prefix(12) ?? Substring(digest))
    }

    private static func json(_ entry: CompiledModuleCache.Entry) -> JSONValue {
        [
            "digest": .string(entry.digest), "fingerprint": .string(entry.fingerprint), "size": .unsigned(entry.size),
            "lastUsed": .integer(entry.lastUsed / 1_000_000_000),
        ]
    }
}

struct CachePruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove compiled modules, the least recently used first.")

    @OptionGroup var store: StoreOptions

    @Option(help: "Keep at most so much, as in 500M or 2G (default: remove all).")
    var keep: String?

    func run() throws {
        let limit = try keep.map { text in
            guard let size = ByteCount.parse(text) else {
                throw CommandFailure("--keep \(text): write a number of bytes, perhaps with k, M, G or T", .usage)
            }
            return size
        }
        let pruned = try CompiledModuleCache(root: try store.open().compiledModules).prune(to: limit ?? 0)
        if store.quiet { return }
        Output.line("removed \(pruned.entries) modules, \(ImageInspection.bytes(Int64(clamping: pruned.size)))")
    }
}

/// A size as a person types it.
enum ByteCount {
    /// Nil for what is no size or doesn't fit. Powers of ten, as sizes are printed.
    static func parse(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let factor: UInt64
        switch text[digits.endIndex...].lowercased() {
        case "", "b": factor = 1
        case "k", "kb": factor = 1_000
        case "m", "mb": factor = 1_000_000
        case "g", "gb": factor = 1_000_000_000
        case "t", "tb": factor = 1_000_000_000_000
        default: return nil
        }
        guard let number = UInt64(digits) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
