/// Which of several images is wanted: platforms in order of preference.
public struct PlatformChoice: Hashable, Sendable {
    public let platforms: [Platform]

    /// The order of martlet's own: WebAssembly first, in all spellings seen in the field, then the machine's own platform.
    public static let standard = PlatformChoice(platforms: [
        Platform(os: "wasi", architecture: "wasm"),
        Platform(os: "wasip1", architecture: "wasm"),
        Platform(os: "wasip2", architecture: "wasm"),
        Platform(os: "wasi", architecture: "wasm32"),
        .host,
    ])

    public init(platforms: [Platform]) { self.platforms = platforms }

    /// Exactly what a person asked for with `--platform`.
    public init(parsing text: String) throws(InvalidPlatform) {
        self.init(platforms: [try Platform(parsing: text)])
    }

    /// The place of a platform in the order; nil when it isn't acceptable.
    public func rank(_ platform: Platform) -> Int? { platforms.firstIndex { $0.accepts(platform) } }

    /// The best of the candidates; among equals the first.
    public func best<Candidate>(of candidates: [Candidate], platform: (Candidate) -> Platform?) -> Candidate? {
        var best: (rank: Int, candidate: Candidate)?
        for candidate in candidates {
            guard let platform = platform(candidate), let rank = rank(platform) else { continue }
            if best.map({ rank < $0.rank }) ?? true { best = (rank, candidate) }
        }
        return best?.candidate
    }
}

extension PlatformChoice: CustomStringConvertible {
    public var description: String { platforms.map(\.description).joined(separator: ", ") }
}
