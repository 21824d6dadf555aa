import JSON

/// A text that isn't a digest.
public struct InvalidDigest: Error, Equatable, CustomStringConvertible {
    public let text: String
    public let problem: String

    public var description: String { "digest \(shortened(text)) \(problem)" }
}

/// A text that isn't the name of an image.
public struct InvalidReference: Error, Equatable, CustomStringConvertible {
    public let text: String
    public let problem: String

    public var description: String { "image name \(shortened(text)): \(problem)" }
}

/// A text that isn't a platform.
public struct InvalidPlatform: Error, Equatable, CustomStringConvertible {
    public let text: String

    public var description: String {
        "platform \(shortened(text)): expected os/architecture or os/architecture/variant, as in wasi/wasm"
    }
}

/// Outside text in quotes, short enough for one line.
func shortened(_ text: String, to limit: Int = 100) -> String {
    text.utf8.count <= limit ? quoted(text) : quoted(String(text.prefix(limit)) + "…")
}
