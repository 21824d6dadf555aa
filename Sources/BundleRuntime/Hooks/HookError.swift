import OCISpec
import SystemCalls

/// A hook that didn't do its work: which one, and why. Prints as one line.
public struct HookError: Error, Sendable, CustomStringConvertible {
    public enum Problem: Equatable, Sendable {
        /// The program wasn't started, or what it needs couldn't be made.
        case system(SystemCallError)
        case ended(Processes.Exit)
        /// Killed after so many seconds, with all that it had started in its process group.
        case tookTooLong(UInt32)
        /// The state has more bytes than a hook can be given.
        case stateTooLong(Int)
    }

    public let kind: RuntimeHooks.Kind
    /// Where it stands in the list of its kind.
    public let index: Int
    public let path: String
    public let problem: Problem
    /// The end of what it wrote to its output and its errors, at most `HookRunner.outputLimit` bytes.
    public let output: [UInt8]

    /// How much of the output stands in the line.
    static let shownOutput = 4 << 10

    /// The field of `config.json`.
    public var field: String { "hooks.\(kind.rawValue)[\(index)]" }

    public var description: String {
        // The first words are runc's, which tools look for.
        var line = "error running \(kind.rawValue) hook #\(index): \(field) \"\(path.printable())\": "
        switch problem {
        case .system(let error): line += error.description.printable()
        case .ended(.code(let code)): line += "exit status \(code)"
        case .ended(.signal(let signal)): line += "ended by signal \(signal)"
        case .tookTooLong(let seconds): line += "killed after its timeout of \(seconds) s"
        case .stateTooLong(let count):
            line += "the state of \(count) bytes is too long, at most \(HookRunner.stateLimit) are given to a hook"
        }
        let lines = String(decoding: output.suffix(Self.shownOutput), as: UTF8.self).split(whereSeparator: \.isNewline)
        if !lines.isEmpty { line += ": " + lines.joined(separator: "; ").printable() }
        return line
    }
}

extension RuntimeHooks.Kind {
    /// Whether a failing hook of this kind ends the container, as runtime.md's "Lifecycle" has it: all but `poststop`, whose
    /// failures are warnings, as were those of `poststart` until 1.3. (runc has ended the container always, crun never.)
    ///
    /// - Parameter version: the bundle's.
    public func endsContainer(_ version: SpecificationVersion) -> Bool {
        switch self {
        case .poststop: false
        case .poststart: version >= .endsByPoststart
        case .prestart, .createRuntime, .createContainer, .startContainer: true
        }
    }
}
