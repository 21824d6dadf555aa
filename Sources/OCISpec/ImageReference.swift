/// The name of an image, in full: `docker.io/library/hello:latest`, `localhost:5000/a/b@sha256:…`.
///
/// The grammar is that of the distribution project's reference package, and short names are completed as Docker does it.
public struct ImageReference: Hashable, Sendable {
    /// Host and port of the registry; `docker.io` for Docker Hub.
    public let domain: String
    /// The repository within the registry, `library/hello`.
    public let path: String
    public let tag: String?
    public let digest: Digest?

    /// Length of domain and path together; the limit of registries.
    public static let nameLimit = 255
    static let defaultDomain = "docker.io"
    static let defaultTag = "latest"

    /// Reads a name as a person types it. Without tag and digest the tag is `latest`.
    public init(parsing text: String) throws(InvalidReference) {
        func refuse(_ problem: String) -> InvalidReference { InvalidReference(text: text, problem: problem) }
        guard !text.isEmpty else { throw refuse("is empty") }
        guard text.utf8.count <= Self.nameLimit + 300 else { throw refuse("is longer than any name may be") }
        guard !(text.utf8.count == 64 && text.utf8.allSatisfy(Digest.isHexadecimal)) else {
            throw refuse("64 hexadecimal digits are an image id, not a name")
        }
        var rest = Substring(text)
        var digest: Digest?
        if let at = rest.firstIndex(of: "@") {
            do { digest = try Digest(parsing: String(rest[rest.index(after: at)...])) } catch {
                throw refuse(error.description)
            }
            rest = rest[..<at]
        }
        var (domain, remainder) = Self.split(rest)
        var tag: String?
        if let colon = remainder.firstIndex(of: ":") {
            let word = String(remainder[remainder.index(after: colon)...])
            guard Self.isTag(word) else {
                throw refuse("the tag may have up to 128 letters, digits, _, . and -, and begins with no . or -")
            }
            tag = word
            remainder = remainder[..<colon]
        }
        if domain == "index.docker.io" { domain = Self.defaultDomain }
        guard Self.isDomain(domain) else { throw refuse("\(shortened(domain)) isn't a registry's host name") }
        guard remainder.utf8.allSatisfy({ !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) else {
            throw refuse("the repository must be in lower case")
        }
        var path = String(remainder)
        guard Self.isPath(path) else {
            throw refuse("a repository has lower-case letters and digits, separated by . _ __ - and /")
        }
        if domain == Self.defaultDomain, !path.contains("/") { path = "library/" + path }
        guard domain.utf8.count + 1 + path.utf8.count <= Self.nameLimit else {
            throw refuse("the name is longer than \(Self.nameLimit) characters")
        }
        self.init(domain: domain, path: path, tag: tag ?? (digest == nil ? Self.defaultTag : nil), digest: digest)
    }

    private init(domain: String, path: String, tag: String?, digest: Digest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// Registry and repository, without tag and digest.
    public var name: String { "\(domain)/\(path)" }

    /// As short as it can be typed and still mean the same.
    public var familiar: String {
        var name = name
        if domain == Self.defaultDomain {
            name = path
            let library = "library/"
            if path.hasPrefix(library), !path.dropFirst(library.count).contains("/") {
                name = String(path.dropFirst(library.count))
            }
        }
        return name + suffix
    }

    private var suffix: String { (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }
}

extension ImageReference: CustomStringConvertible {
    public var description: String { name + suffix }
}
