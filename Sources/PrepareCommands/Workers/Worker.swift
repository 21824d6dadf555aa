import ImageStore
import ImageTransfer
import SystemCalls

/// The parts of the work that read what a stranger wrote and need a process of their own: this program, executed again with
/// one of these words, under limits and Landlock, with nothing in its memory and few descriptors.
public enum Worker: String, CaseIterable {
    /// Unpacks the layers of a stored image: `internal-unpack ROOT DIGEST`.
    case unpack = "internal-unpack"
    /// Compiles the module on standard input to standard output: `internal-compile`.
    case compile = "internal-compile"

    /// Runs a worker when the arguments ask for one, else returns nil. Call it while the process has one thread.
    ///
    /// A worker prints its result, or a line that says why there is none, on standard output; its status is 0 or 1.
    public static func run(_ arguments: [String]) -> Int32? {
        guard let word = arguments.first, let worker = Worker(rawValue: word) else { return nil }
        do {
            // It may work for minutes: not for nobody, and who has ended before this call isn't noticed by it.
            try Confinement.dieWithParent()
            guard isHeard else { return 1 }
            switch worker {
            case .unpack: try UnpackWorker.run(Array(arguments.dropFirst()))
            case .compile: try CompileWorker.run()
            }
            return 0
        } catch {
            try? Files.writeAll(1, Array("\(error)".utf8))
            return 1
        }
    }
}

extension Worker {
    /// Whether somebody is there to read the result: a pipe without a reader is in error.
    private static var isHeard: Bool {
        var output = [PollRequest(1, [])]
        return (try? Poll.wait(&output, timeout: 0)) == 0
    }
}

/// The parent's side of a worker.
struct WorkerProcess {
    let worker: Worker
    var arguments: [String] = []
    /// Bytes of its result that are taken.
    var outputLimit = 64 << 10
    let timeout: Duration

    /// Runs it to the end and returns what it printed.
    ///
    /// - Throws: `CommandFailure` with the worker's own line, or with how it ended.
    func run(input: Int32? = nil, subject: String) throws(CommandFailure) -> [UInt8] {
        let outcome: ChildProgram.Outcome
        do throws(SystemCallError) {
            // Not under its path, which could be another file by now.
            outcome = try ChildProgram.run(
                "/proc/self/exe", arguments: ["martlet-prepare", worker.rawValue] + arguments, environment: [],
                input: input.map { .descriptor($0) } ?? .bytes([]), outputLimit: outputLimit, timeout: timeout)
        } catch { throw CommandFailure("\(subject): \(error)", underlying: error) }
        switch outcome.end {
        case .exited(.code(0)): return outcome.output
        case .exited(.code(1)):
            let line = String(decoding: outcome.output.prefix(2000), as: UTF8.self)
            throw CommandFailure(line.isEmpty ? "\(subject): failed" : line)
        // SIGXCPU, and SIGKILL when the hard limit of processor time is reached.
        case .exited(.signal(Signal.processorTime)), .exited(.signal(Signal.kill)):
            throw CommandFailure("\(subject): used up its processor time or memory and was ended")
        // What a worker does when it has no memory left, its filter doesn't let it do.
        case .exited(.signal(Signal.badSystemCall)):
            throw CommandFailure(
                "\(subject): asked for a system call that its sandbox refuses and was ended, most likely for want of memory"
            )
        case .exited(let exit): throw CommandFailure("\(subject): ended with status \(exit.shellStatus)")
        case .tookTooLong:
            throw CommandFailure("\(subject): took longer than \(timeout.components.seconds) s and was ended")
        case .wroteTooMuch: throw CommandFailure("\(subject): its result has more than \(outputLimit) bytes")
        }
    }
}
