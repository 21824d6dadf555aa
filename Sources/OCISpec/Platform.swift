import JSON

/// An operating system and an architecture, in the words of Go: `wasi/wasm`, `linux/amd64`, `linux/arm64/v8`.
public struct Platform: Hashable, Sendable {
    public var os: String
    public var architecture: String
    public var variant: String?
    public var osVersion: String?

    public init(os: String, architecture: String, variant: String? = nil, osVersion: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
        self.osVersion = osVersion
    }

    /// Reads `os/architecture[/variant]` as a person types it; `x86_64` and `aarch64` are understood.
    public init(parsing text: String) throws(InvalidPlatform) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { $0.lowercased() }
        guard (2...3).contains(parts.count), parts.allSatisfy(Self.isWord) else { throw InvalidPlatform(text: text) }
        self.init(os: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil)
        self = normalized
    }

    /// Nil when both fields are empty, which some tools write for an artifact.
    init?(json node: JSONNode) throws(JSONError) {
        let os = try node.optionalString("os") ?? ""
        let architecture = try node.optionalString("architecture") ?? ""
        guard !os.isEmpty || !architecture.isEmpty else { return nil }
        self.init(os: os, architecture: architecture)
        variant = try node.optionalString("variant").flatMap { $0.isEmpty ? nil : $0 }
        osVersion = try node.optionalString("os.version").flatMap { $0.isEmpty ? nil : $0 }
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["architecture"] = .string(architecture)
        object["os"] = .string(os)
        if let osVersion { object["os.version"] = .string(osVersion) }
        if let variant { object["variant"] = .string(variant) }
        return .object(object)
    }

    private static func isWord(_ text: String) -> Bool {
        text.utf8.count <= 64 && text.first.map { $0.isLetter || $0.isNumber } ?? false
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                    UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// Other spellings brought to Go's, and the variants that are the default left out.
    var normalized: Platform {
        var result = self
        switch architecture.lowercased() {
        case "x86_64", "x86-64": result.architecture = "amd64"
        case "aarch64": result.architecture = "arm64"
        case let other: result.architecture = other
        }
        result.os = os.lowercased()
        if result.architecture == "arm64", variant == "v8" { result.variant = nil }
        if result.architecture == "amd64", variant == "v1" { result.variant = nil }
        return result
    }

    /// Whether an image for `other` is one for this platform. A variant counts only when this platform names one.
    public func accepts(_ other: Platform) -> Bool {
        let (mine, theirs) = (normalized, other.normalized)
        return mine.os == theirs.os && mine.architecture == theirs.architecture
            && (mine.variant == nil || mine.variant == theirs.variant)
    }

    /// The machine martlet runs on.
    public static var host: Platform {
        #if arch(x86_64)
            Platform(os: "linux", architecture: "amd64")
        #elseif arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #else
            #error("martlet runs on x86-64 and on arm64")
        #endif
    }
}

extension Platform: CustomStringConvertible {
    public var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }
}
