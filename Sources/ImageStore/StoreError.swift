import JSON
import OCISpec
import SystemCalls

/// Why the store couldn't do what was asked. Each prints as one line: what, where, what to do.
public enum StoreError: Error, Sendable {
    /// A call on one of the store's files failed.
    case system(SystemCallError)
    /// The directory can't be trusted with images and compiled code.
    case untrusted(path: String, reason: String)
    /// A file of the store isn't what the store wrote.
    case damaged(path: String, reason: String)
    /// Another version of martlet wrote this file.
    case foreignFormat(path: String)
    case invalidReference(InvalidReference)
    case notFound(String)
    /// A shortened id fits several images.
    case ambiguous(String, matches: [String])
    /// Content differs from its digest or its size.
    case mismatch(Digest, reason: String)
    /// Another process is writing; what was asked for needs it to have ended.
    case busy(path: String)
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let error):
            "image store: \(error)"
        case .untrusted(let path, let reason):
            "image store \"\(path)\": \(reason)"
        case .damaged(let path, let reason):
            "image store: \"\(path)\" is damaged: \(reason); remove the image and import or pull it again"
        case .foreignFormat(let path):
            "image store: \"\(path)\" has another version's format; use that version, or another --root"
        case .invalidReference(let error):
            error.description
        case .notFound(let text):
            "no image \(quoted(text)) in the store; import or pull it first (see: martlet image list)"
        case .ambiguous(let text, let matches):
            "the id \(quoted(text)) fits several images (\(matches.joined(separator: ", "))); give more digits"
        case .mismatch(let digest, let reason):
            "content \(digest) was refused: \(reason)"
        case .busy(let path):
            "image store \"\(path)\": an import, a pull or an unpacking is under way; try again when it has ended"
        }
    }
}

/// Runs calls on the store's files and gives their failure the store's error type.
func storing<Result: ~Copyable>(
    _ body: () throws(SystemCallError) -> Result
) throws(StoreError) -> Result {
    do { return try body() } catch { throw .system(error) }
}

/// The same for the calls that throw a bare number.
func storing<Result: ~Copyable>(
    _ call: String, _ subject: String, _ body: () throws(Errno) -> Result
) throws(StoreError) -> Result {
    do { return try body() } catch { throw .system(SystemCallError(call, subject, error)) }
}
