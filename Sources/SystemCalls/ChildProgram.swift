import CLinuxShims
import Glibc

/// A program run beside this one by posix_spawn(3), which a process with threads may use.
///
/// The child has the three streams and no other descriptor.
public enum ChildProgram {
    /// Starts a program and returns its process id; the caller waits for it.
    ///
    /// - Parameters:
    ///   - streams: the descriptors that become 0, 1 and 2 of the child.
    ///   - ownGroup: puts it into a process group of its own, so that it can be ended together with its children;
    ///     otherwise it shares the terminal's signals with us.
    public static func start(
        _ path: String, arguments: [String], environment: [String], streams: (Int32, Int32, Int32), ownGroup: Bool
    ) throws(SystemCallError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // Parked above all of them first: a stream that is already 0, 1 or 2 must not be overwritten by its neighbour.
        let parking = max(streams.0, streams.1, streams.2, 2) + 1
        for (number, source) in [streams.0, streams.1, streams.2].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, parking + Int32(number))
        }
        for number in Int32(0)...2 {
            posix_spawn_file_actions_adddup2(&actions, parking + number, number)
            posix_spawn_file_actions_addclose(&actions, parking + number)
        }
        // What we were started with isn't closed on exec: --preserve-fds is for the container alone.
        // It fails only without memory for one more action; those that are closed on exec are closed even then.
        _ = martlet_spawn_close_from(&actions, 3)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (ownGroup ? POSIX_SPAWN_SETPGROUP : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var process: pid_t = -1
        let status = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                posix_spawn(&process, path, &actions, &attributes, arguments, environment)
            }
        }
        guard status == 0 else { throw SystemCallError("posix_spawn", path, Errno(rawValue: status)) }
        return process
    }

    /// The same in a process group of its own, for a child that the kernel kills when this thread ends, however it does. What
    /// the child starts itself isn't killed.
    public static func startBound(
        _ path: String, arguments: [String], environment: [String], streams: (Int32, Int32, Int32)
    ) throws(SystemCallError) -> Int32 {
        try checked("posix_spawn", path) {
            withCStrings(arguments) { arguments in
                withCStrings(environment) { environment in
                    martlet_spawn_bound(path, arguments, environment, [streams.0, streams.1, streams.2])
                }
            }
        }
    }

    /// How a bounded run ended and what it wrote.
    public struct Outcome: Sendable {
        /// Why it is over.
        public enum End: Sendable, Equatable {
            case exited(Processes.Exit)
            /// Ended by us: it took too long, or wrote more than was asked for.
            case tookTooLong, wroteTooMuch
        }

        public let end: End
        public let output: [UInt8]
    }

    /// What a bounded run reads on its standard input.
    public enum Input: Sendable {
        /// At most 64 KiB.
        case bytes([UInt8])
        /// A descriptor that stays the caller's.
        case descriptor(Int32)
    }

    /// Runs a program to its end, with a bound on its time and on what it writes to its standard output. Its errors go where
    /// ours go. It gets a process group of its own, which is killed when a bound is passed.
    public static func run(
        _ path: String, arguments: [String], environment: [String], input: Input, outputLimit: Int, timeout: Duration
    ) throws(SystemCallError) -> Outcome {
        let output = try Descriptors.pipe()
        let process: Int32
        switch input {
        case .descriptor(let descriptor):
            process = try start(
                path, arguments: arguments, environment: environment, streams: (descriptor, output.write.rawValue, 2),
                ownGroup: true)
        case .bytes(let bytes):
            // A socket instead of a pipe: a child that doesn't read must not send us SIGPIPE.
            var pair: [Int32] = [-1, -1]
            _ = try checked("socketpair") {
                socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair)
            }
            let ours = OwnedDescriptor(adopting: pair[0])
            let theirs = OwnedDescriptor(adopting: pair[1])
            process = try start(
                path, arguments: arguments, environment: environment,
                streams: (theirs.rawValue, output.write.rawValue, 2), ownGroup: true)
            // What a child doesn't read is its own loss; it is small enough for the socket's buffer.
            _ = send(ours.rawValue, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        let reader = output.keepRead()
        var collected: [UInt8] = []
        let end = collect(
            from: reader.rawValue, into: &collected, limit: outputLimit,
            deadline: Clocks.deadline(in: timeout.wholeNanoseconds))
        // A child that closed its output and goes on has no more time than any other.
        if end != nil { Glibc.kill(-process, SIGKILL) }
        let exit = try Processes.wait(for: process)
        return Outcome(end: end ?? .exited(exit), output: collected)
    }

    /// Reads until the end of the stream (nil) or a bound was passed.
    private static func collect(
        from descriptor: Int32, into collected: inout [UInt8], limit: Int, deadline: UInt64
    ) -> Outcome.End? {
        while true {
            let now = Clocks.now(.monotonic)
            guard now < deadline else { return .tookTooLong }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = Int32(clamping: (deadline - now) / 1_000_000 + 1)
            guard poll(&waiting, 1, min(milliseconds, 1000)) > 0 else { continue }
            let piece = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
            }
            if piece.isEmpty { return nil }
            collected += piece
            guard collected.count <= limit else { return .wroteTooMuch }
        }
    }

    /// The file that a command name means: looked for in the folders of `PATH`, absolute ones only.
    public static func find(_ name: String, searchPath: String) -> String? {
        guard !name.isEmpty, !name.contains("/") else { return nil }
        return searchPath.split(separator: ":").lazy
            .filter { $0.hasPrefix("/") }
            .map { "\($0)/\(name)" }
            .first { access($0, X_OK) == 0 }
    }
}
