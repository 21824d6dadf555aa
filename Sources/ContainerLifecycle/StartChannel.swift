import SystemCalls

/// The child's way to tell its supervisor that the guest starts now, or why it can't.
///
/// A pipe that nothing else is written to. Its number belongs into the sandbox's kept descriptors; it is closed before the
/// guest runs.
public struct StartChannel: ~Copyable {
    private let writer: OwnedDescriptor

    /// The supervising process, for `SandboxPolicy.diesWithParent`; nil for a workload that nobody has to outlive.
    public let parent: Int32?

    /// - Parameter writer: a pipe or a connection.
    public init(writer: consuming OwnedDescriptor, parent: Int32?) {
        self.writer = writer
        self.parent = parent
    }

    public var rawValue: Int32 { writer.rawValue }

    /// The code with which a process ends that couldn't be set up, as Docker has it.
    public static let failureStatus: Int32 = 125

    /// The longest reason that is passed on; below a pipe's atomic write.
    static let reasonLimit = 4000

    static let started: UInt8 = 1
    static let failed: UInt8 = 2

    /// The set-up is complete: the guest starts next.
    public consuming func succeeded() { send([Self.started]) }

    /// The set-up failed. Returns the code to end with.
    public consuming func failed(_ reason: String) -> Int32 {
        send([Self.failed] + Array(reason.utf8.prefix(Self.reasonLimit)))
        return Self.failureStatus
    }

    /// By pwritev2(2), the one way to write that is left inside a sandbox.
    private borrowing func send(_ bytes: [UInt8]) {
        var bytes = bytes
        bytes.withUnsafeMutableBytes { buffer in
            let vector = IOVector(buffer)
            withUnsafePointer(to: vector) {
                // A supervisor that is gone has killed this process or is about to.
                _ = try? TransferCalls.write(rawValue, UnsafeBufferPointer(start: $0, count: 1))
            }
        }
    }
}

/// The supervisor's end.
public struct StartListener: ~Copyable {
    private let reader: OwnedDescriptor

    init(reader: consuming OwnedDescriptor) { self.reader = reader }

    /// Waits for the child's word; nil is that the guest starts. A child that ends without a word didn't start it either.
    ///
    /// The word comes in one piece, as a pipe takes writes of this size whole. The end of the stream isn't waited for: the
    /// guest of a monitor may hold the monitor's own channel.
    func failure() throws(SystemCallError) -> String? {
        switch try answer() {
        case .started: return nil
        case .failed(let reason): return reason
        case .ended: return "the workload's process ended while it was being set up"
        }
    }

    /// What the child said.
    public enum Answer: Equatable, Sendable {
        case started
        case failed(String)
        /// Closed without a word: the process ended, or became another program.
        case ended

        /// What a message of a `StartChannel` says.
        public init(_ message: [UInt8]) {
            switch message.first {
            case StartChannel.started: self = .started
            case StartChannel.failed: self = .failed(String(decoding: message.dropFirst(), as: UTF8.self))
            default: self = .ended
            }
        }
    }

    /// Waits for the child's word.
    borrowing func answer() throws(SystemCallError) -> Answer {
        var message = [UInt8](repeating: 0, count: StartChannel.reasonLimit + 1)
        let count = try message.withUnsafeMutableBufferPointer { (buffer) throws(SystemCallError) in
            try Files.read(reader.rawValue, into: UnsafeMutableRawBufferPointer(buffer))
        }
        message.removeSubrange(count...)
        return Answer(message)
    }
}
