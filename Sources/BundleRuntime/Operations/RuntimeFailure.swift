import Cgroups
import ContainerLifecycle
import ContainerMounts
import FieldErrors
import ProcessSettings
import SystemCalls
import WasmWorkload

/// Why an operation wasn't done: one line, and what kind of reason it is.
///
/// Container managers read these lines. Where they look for certain words (`container not running`, `does not exist`,
/// `already exists`, `no such file or directory`), the words are here.
public struct RuntimeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: UInt8, Hashable, Sendable {
        /// No container of this id.
        case notFound
        case alreadyExists
        /// The container isn't in the state that the operation needs.
        case wrongState
        /// A field of `config.json`, an option or a file asks for what can't be.
        case refused
        /// The program isn't in the container's root.
        case programNotFound
        /// The program is there and can't be executed.
        case programNotExecutable
        /// The kernel refused a step of our own work.
        case system
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

extension RuntimeFailure {
    /// A terminal that nobody is going to serve.
    static var noConsole: RuntimeFailure {
        // Container managers look for these words.
        RuntimeFailure(
            .refused, "process.terminal: cannot allocate tty if --console-socket doesn't say where it goes")
    }
}

/// Does a step of our own work, whose refusal by the kernel is told with what it is for.
func step(
    _ field: @autoclosure () -> String, _ body: () throws(SystemCallError) -> Void
) throws(RuntimeFailure) {
    do throws(SystemCallError) { try body() } catch { throw RuntimeFailure(.system, "\(field()): \(error)") }
}

// What the layers below refuse, in their own words: they name the field.
extension RuntimeFailure {
    init(_ error: CgroupError) { self.init(.refused, error.description) }
    init(_ error: HookError) { self.init(.refused, error.description) }
    init(_ error: PlanError) { self.init(.refused, error.description) }

    init(_ error: FieldError) {
        let kind: Kind =
            switch (error.field, error.cause?.errno) {
            case ("process.args[0]", .noSuchFile?), ("process.args[0]", .notDirectory?): .programNotFound
            case ("process.args[0]", _): .programNotExecutable
            default: .refused
            }
        self.init(kind, error.description)
    }

    init(_ error: WorkloadError) {
        let kind: Kind =
            switch error.kind {
            case .setup: .refused
            case .cannotRun: .programNotExecutable
            case .notFound: .programNotFound
            }
        self.init(kind, error.description)
    }
}
