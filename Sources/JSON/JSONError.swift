/// Why a document was refused: where, and what was wrong there.
///
/// Prints as `$.layers[2].size: expected an integer, found a string`, or `byte 17: expected a value, found "]"`.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// Where the problem is.
    public enum Place: Sendable, Equatable {
        /// An offset into the document, for what isn't JSON at all.
        case byte(Int)
        /// A path like `$.layers[2].size`, for JSON that isn't what it should be.
        case path(String)
    }

    public let place: Place
    public let problem: String

    public init(place: Place, problem: String) {
        self.place = place
        self.problem = problem
    }

    public var description: String {
        switch place {
        case .byte(let offset): "byte \(offset): \(problem)"
        case .path(let path): "\(path): \(problem)"
        }
    }
}
