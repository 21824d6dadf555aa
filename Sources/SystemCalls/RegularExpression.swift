import Glibc

/// An extended regular expression of POSIX, compiled by the C library.
public struct RegularExpression: ~Copyable {
    private let compiled: UnsafeMutablePointer<regex_t>

    /// The longest pattern, in bytes: the C library takes time and memory by a pattern's length.
    private static let lengthLimit = 1024

    private init(adopting compiled: UnsafeMutablePointer<regex_t>) { self.compiled = compiled }

    /// - Returns: nil when it is no expression, or longer than 1,024 bytes.
    public static func compile(_ pattern: String) -> RegularExpression? {
        guard pattern.utf8.count <= lengthLimit else { return nil }
        let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        compiled.initialize(to: regex_t())
        guard regcomp(compiled, pattern, REG_EXTENDED | REG_NOSUB) == 0 else {
            compiled.deallocate()
            return nil
        }
        return RegularExpression(adopting: compiled)
    }

    deinit {
        // SAFETY: only what regcomp compiled is ever adopted, and it has one owner.
        regfree(compiled)
        compiled.deallocate()
    }

    /// Whether it matches anywhere in the text.
    public borrowing func matches(_ text: String) -> Bool { regexec(compiled, text, 0, nil, 0) == 0 }
}
