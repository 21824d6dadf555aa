/// What ended a guest's call before it returned.
///
/// A host function throws one to end the guest; what it threw comes out of the call as the same value, with the guest's
/// backtrace added. One word wide, so that a host function that may throw costs no more than one that can't.
public struct Trap: Error, Sendable {
    public enum Reason: Sendable {
        /// The engine stopped the guest.
        case code(TrapCode)
        /// The guest asked to end, as `proc_exit` does.
        case exit(Int32)
        /// A host function threw this.
        case host(any Error)
        /// Anything else, such as an exception that nobody caught.
        case message(String)
    }

    private final class Storage: Sendable {
        let reason: Reason
        let backtrace: [BacktraceFrame]
        init(reason: Reason, backtrace: [BacktraceFrame]) {
            self.reason = reason
            self.backtrace = backtrace
        }
    }

    private let storage: Storage

    public init(_ reason: Reason, backtrace: [BacktraceFrame] = []) {
        storage = Storage(reason: reason, backtrace: backtrace)
    }

    /// Ends the guest with an error of the host.
    public init(_ error: any Error) { self.init(.host(error)) }

    public init(message: String) { self.init(.message(message)) }

    /// Ends the guest as it asked to be ended.
    public static func exit(_ code: Int32) -> Trap { Trap(.exit(code)) }

    public var reason: Reason { storage.reason }

    /// The guest's functions, innermost first.
    public var backtrace: [BacktraceFrame] { storage.backtrace }

    /// The engine's code, when the engine stopped the guest.
    public var code: TrapCode? {
        guard case .code(let code) = reason else { return nil }
        return code
    }

    /// The exit code, when the guest asked to end.
    public var exitCode: Int32? {
        guard case .exit(let code) = reason else { return nil }
        return code
    }

    /// One line that says why.
    public var message: String {
        switch reason {
        case .code(let code): code.description
        case .exit(let code): "exit with code \(code)"
        case .host(let error): "\(error)"
        case .message(let text): text
        }
    }

    func with(_ backtrace: [BacktraceFrame]) -> Trap { Trap(reason, backtrace: backtrace) }
}

extension Trap: GuestMemoryFaultConvertible {
    public init(_ fault: GuestMemoryFault) { self.init(.host(fault)) }
}

extension Trap: CustomStringConvertible {
    /// The reason, then a line for each frame.
    public var description: String {
        guard !backtrace.isEmpty else { return message }
        var number = -1
        let frames = backtrace.map { frame in
            number += 1
            return "\n  \(number): \(frame)"
        }
        return message + frames.joined()
    }
}
