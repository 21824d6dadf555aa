import Archive
import ImageStore
import JSON
import LayerUnpacking
import OCISpec
import SystemCalls

/// Why an image couldn't be brought in, unpacked, built, exported or inspected: one line that says what, where, and what to do.
public struct TransferError: Error, Sendable, Equatable {
    /// What kind of reason it is.
    public enum Kind: Sendable, Equatable {
        /// A file or directory couldn't be read or written.
        case inputOutput
        /// The source is nothing that holds an image.
        case notAnImage
        /// A document breaks its format.
        case malformed
        /// A limit was reached.
        case tooLarge
        /// Content differs from its digest or size.
        case mismatch
        /// No image for the wanted platform.
        case noMatchingPlatform
        /// An image of a kind that martlet can't run.
        case unsupported
        /// Several images where one was meant.
        case ambiguous
        /// What was named isn't there.
        case notFound
        /// The caller's request contradicts itself.
        case badRequest
    }

    public let kind: Kind
    /// The file, the blob or the image that it is about.
    public let subject: String
    public let problem: String
    public let advice: String?

    public init(_ kind: Kind, _ subject: String, _ problem: String, advice: String? = nil) {
        self.kind = kind
        self.subject = subject
        self.problem = problem
        self.advice = advice
    }
}

extension TransferError: CustomStringConvertible {
    public var description: String { "\(subject): \(problem)" + (advice.map { "; \($0)" } ?? "") }
}

// MARK: Errors of the layers below, given a subject

extension TransferError {
    init(_ error: JSONError, in subject: String) { self.init(.malformed, subject, error.description) }

    init(_ error: SystemCallError, _ subject: String) {
        self.init(.inputOutput, subject, "\(error.call): \(error.errno)")
    }

    init(_ error: StoreError) {
        let kind: Kind =
            switch error {
            case .mismatch: .mismatch
            case .notFound: .notFound
            case .ambiguous: .ambiguous
            case .invalidReference: .badRequest
            case .damaged, .foreignFormat: .malformed
            case .system, .untrusted, .busy: .inputOutput
            }
        self.init(kind, "store", error.description)
    }

    init(_ error: ArchiveError, in subject: String) {
        let kind: Kind =
            switch error {
            case .notAnArchive: .notAnImage
            case .malformed: .malformed
            case .limitReached: .tooLarge
            case .inputOutput, .library, .stopped: .inputOutput
            }
        self.init(kind, subject, error.description)
    }

    init(_ error: UnpackError, in subject: String) {
        let kind: Kind = if case .limitReached = error.reason { .tooLarge } else { .malformed }
        self.init(kind, subject, error.description)
    }
}

/// Runs a call of the store.
func storing<Result: ~Copyable>(
    _ body: () throws(StoreError) -> Result
) throws(TransferError) -> Result {
    do { return try body() } catch { throw TransferError(error) }
}

/// Runs system calls about `subject`.
func calling<Result: ~Copyable>(
    _ subject: String, _ body: () throws(SystemCallError) -> Result
) throws(TransferError) -> Result {
    do { return try body() } catch { throw TransferError(error, subject) }
}

/// Reads a document; its errors carry the path within it.
func decoding<Result>(
    _ subject: String, _ body: () throws(JSONError) -> Result
) throws(TransferError) -> Result {
    do { return try body() } catch { throw TransferError(error, in: subject) }
}
