import ArgumentParser

/// Why a command ends without success: one line for the person, and the exit status.
struct CommandFailure: Error, CustomStringConvertible {
    /// The exit statuses of `martlet-prepare`.
    enum Status: Int32 {
        case failed = 1
        /// There is no such image, file or blob.
        case notFound = 2
        /// `prepare-module`: the file is nothing that can be compiled ahead (a component, a native program, no program).
        case notCompilable = 3
        case usage = 125
    }

    let message: String
    let status: Status
    /// What `--debug` adds.
    var underlying: (any Error)?

    init(_ message: String, _ status: Status = .failed, underlying: (any Error)? = nil) {
        self.message = message
        self.status = status
        self.underlying = underlying
    }

    var description: String { message }
}
