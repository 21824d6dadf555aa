/// Why a verb ended without doing its work: one line for the person, and the status that the shell sees.
///
/// The statuses are docker's: 125 martlet itself failed, 126 the program can't be run, 127 it wasn't found.
struct CommandFailure: Error {
    let message: String
    let status: Int32

    init(_ message: String, status: Int32 = 125) {
        self.message = message
        self.status = status
    }

    static let cannotRun: Int32 = 126
    static let notFound: Int32 = 127
}

extension CommandFailure {
    /// Runs a step and turns its error into the line that the person reads.
    static func wrapping<Result: ~Copyable, Failure: Error>(
        status: Int32 = 125, _ step: () throws(Failure) -> Result
    ) throws(CommandFailure) -> Result {
        do throws(Failure) { return try step() } catch {
            if let failure = error as? CommandFailure { throw failure }
            throw CommandFailure("\(error)", status: status)
        }
    }
}
