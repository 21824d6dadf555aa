import OCISpec
import SystemCalls

/// One hook while it runs; the end of its owner ends it.
///
/// So does the end of the runtime, which may be killed: a hook that goes on for a container that nobody makes any more works on
/// what isn't there, or on what has its number by then. (With runc and crun it goes on.) Not that of `poststop`: it clears away
/// what others have made, and nobody runs it again.
struct HookProcess: ~Copyable {
    private let process: Int32
    private let reader: OwnedDescriptor
    private var hasEnded = false

    enum End {
        case exited(Processes.Exit)
        /// Killed after so many seconds.
        case tookTooLong(UInt32)
    }

    private init(process: Int32, reader: consuming OwnedDescriptor) {
        self.process = process
        self.reader = reader
    }

    deinit {
        guard !hasEnded else { return }
        try? Processes.kill(-process, Signal.kill)
        _ = try? Processes.wait(for: process)
    }

    /// Starts the program.
    ///
    /// - Parameter isBound: ends with the runtime.
    static func start(_ hook: RuntimeHook, state: [UInt8], isBound: Bool) throws(SystemCallError) -> HookProcess {
        let input = try Descriptors.filledPipe(state)
        let pipe = try Descriptors.pipe()
        // The reading end alone: the writing end stays as programs expect it.
        let flags = try Descriptors.statusFlags(pipe.read.rawValue)
        try Descriptors.setStatusFlags(pipe.read.rawValue, flags | OpenFlags.nonBlocking.rawValue)
        let arguments = hook.args.isEmpty ? [hook.path] : hook.args
        let environment = hook.env ?? Environment.all
        let streams = (input.rawValue, pipe.write.rawValue, pipe.write.rawValue)
        let process =
            isBound
            ? try ChildProgram.startBound(
                hook.path, arguments: arguments, environment: environment, streams: streams)
            : try ChildProgram.start(
                hook.path, arguments: arguments, environment: environment, streams: streams, ownGroup: true)
        return HookProcess(process: process, reader: pipe.keepRead())
    }

    /// Waits for the end of the program, not for the end of its output: what it leaves behind may keep that open.
    ///
    /// After `timeout` seconds its whole process group is killed. Puts the end of what it wrote into `output`.
    mutating func end(within timeout: UInt32?, _ output: inout [UInt8]) throws(SystemCallError) -> End {
        let pidfd = try Processes.descriptor(of: process)
        let limit = timeout.map { UInt64($0) * 1_000_000_000 }
        let start = Clocks.now(.monotonic)
        var requests = [PollRequest(pidfd.rawValue, .readable), PollRequest(reader.rawValue, .readable)]
        var isLate = false
        while !isLate {
            let elapsed = Clocks.now(.monotonic) &- start
            isLate = try Poll.wait(&requests, timeout: limit.map { $0 > elapsed ? $0 - elapsed : 0 }) == 0
            // poll(2) passes over a negative number.
            if !requests[1].found.isEmpty, try !collect(&output) { requests[1].descriptor = -1 }
            if !requests[0].found.isEmpty { break }
            // What writes without end is never without something found.
            if let limit, Clocks.now(.monotonic) &- start >= limit { isLate = true }
        }
        if isLate { try? Processes.kill(-process, Signal.kill) }
        let exit = try Processes.wait(for: process)
        hasEnded = true
        _ = try collect(&output)
        return isLate ? .tookTooLong(timeout ?? 0) : .exited(exit)
    }

    /// Takes what is there, a bounded part of it at once; false at the end of the output.
    private func collect(_ output: inout [UInt8]) throws(SystemCallError) -> Bool {
        let limit = HookRunner.outputLimit
        var taken = 0
        while taken < limit {
            let piece: [UInt8]
            do throws(SystemCallError) { piece = try read() } catch {
                guard error.errno == .again else { throw error }
                return true
            }
            guard !piece.isEmpty else { return false }
            taken += piece.count
            output += piece
            if output.count > limit { output.removeFirst(output.count - limit) }
        }
        return true
    }

    private func read() throws(SystemCallError) -> [UInt8] {
        var failure: SystemCallError?
        let piece = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, initialized in
            do throws(SystemCallError) {
                initialized = try Files.read(reader.rawValue, into: UnsafeMutableRawBufferPointer(buffer))
            } catch { failure = error }
        }
        if let failure { throw failure }
        return piece
    }
}
