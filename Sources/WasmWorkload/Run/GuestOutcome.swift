import ContainerLifecycle
import SystemCalls
import WasmEngine

/// How a guest's call ended that didn't return.
struct GuestOutcome {
    /// The status of a guest that trapped: 128 and SIGABRT, as a native program that aborts has.
    static let trapStatus: Int32 = 134

    let status: Int32
    /// What the person should read; nil for a guest that ended as it wanted.
    let message: String?

    /// - Parameter memoryLimits: which limits of the process could be why no memory was to be had, in words for the person.
    init(_ error: EngineError, memoryLimits: String? = nil) {
        guard let trap = error.trap else {
            status = StartChannel.failureStatus
            let isOutOfMemory = error.kind.isInstantiation && error.reason.contains("os error 12")
            let advice = memoryLimits.map { "; \($0) leaves no room for its address space" } ?? ""
            message = error.description.printable() + (isOutOfMemory ? advice : "")
            return
        }
        if let code = trap.exitCode {
            // A guest's code is as wide as the kernel's: the low eight bits arrive.
            status = code & 0xff
            message = nil
        } else {
            status = Self.trapStatus
            let frames = trap.backtrace.enumerated().map { "\n  \($0.offset): \("\($0.element)".printable())" }
            message = "the guest trapped: \(trap.message.printable())" + frames.joined()
        }
    }

    /// Tells the person, and returns the status to end with.
    func report() -> Int32 {
        if let message {
            // With the stream gone there is nobody to tell.
            try? Files.writeAll(2, Array("martlet: \(message)\n".utf8))
        }
        return status
    }
}
