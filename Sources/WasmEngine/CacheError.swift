public import SystemCalls

/// Why the cache of compiled modules can't be used.
public struct CacheError: Error, Sendable {
    public enum Reason: Sendable {
        case system(SystemCallError)
        /// Someone else could put code there that we would run.
        case notPrivate(String)
        /// Not `algorithm:hexadecimal`.
        case badDigest(String)
        case engine(EngineError)
    }

    /// The directory.
    public var root: String
    public var reason: Reason
}

extension CacheError: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .system(let error): "cache of compiled modules \(root): \(error)"
        case .notPrivate(let why): "cache of compiled modules \(root): \(why); remove it, or choose another with --root"
        case .badDigest(let digest): "cache of compiled modules \(root): \"\(digest)\" is not a digest"
        case .engine(let error): "\(error)"
        }
    }
}
