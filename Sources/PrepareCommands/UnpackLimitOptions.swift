import ArgumentParser
import LayerUnpacking

/// The bounds of unpacking: an error that one of them was reached names the option here.
struct UnpackLimitOptions: ParsableArguments {
    @Option(help: "Layers of an image.") var maxLayers: UInt64?
    @Option(help: "Files and directories.") var maxEntries: UInt64?
    @Option(help: "Bytes of all layers after decompression.") var maxBytes: UInt64?
    @Option(help: "Bytes of one file.") var maxFileBytes: UInt64?
    @Option(help: "Bytes for each compressed byte.") var maxExpansionRatio: UInt64?
    @Option(help: "Bytes of one name with its directories.") var maxPathBytes: UInt64?
    @Option(help: "Directories above one another.") var maxPathDepth: UInt64?
    @Option(help: "Extended attributes of one entry.") var maxAttributes: UInt64?
    @Option(help: "Bytes of one entry's extended attributes.") var maxAttributeBytes: UInt64?

    /// The limits that were given, as the words of a worker: `entries=5`.
    var words: [String] {
        UnpackLimit.allCases.compactMap { limit in value(of: limit).map { "\(limit.rawValue)=\($0)" } }
    }

    private func value(of limit: UnpackLimit) -> UInt64? {
        switch limit {
        case .layers: maxLayers
        case .entries: maxEntries
        case .bytes: maxBytes
        case .fileBytes: maxFileBytes
        case .expansionRatio: maxExpansionRatio
        case .pathBytes: maxPathBytes
        case .pathDepth: maxPathDepth
        case .attributes: maxAttributes
        case .attributeBytes: maxAttributeBytes
        }
    }
}

extension UnpackLimits {
    /// Reads back what `UnpackLimitOptions.words` says; nil for anything else.
    init?(words: some Sequence<String>) {
        self.init()
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let limit = UnpackLimit(rawValue: String(parts[0])), let value = UInt64(parts[1])
            else { return nil }
            self[limit] = value
        }
    }
}
