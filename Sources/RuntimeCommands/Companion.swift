import SystemCalls

/// `martlet-prepare`: the program for everything that happens before a run. It links what the launch path can't afford
/// to load (libarchive, an HTTP client), so it is executed when it is needed.
struct Companion {
    private let path: String

    /// How it ends when what it was asked for isn't there.
    private static let notThere = Processes.Exit.code(2)

    /// Finds it in this program's folder.
    init() throws(CommandFailure) {
        let folder: String
        do throws(SystemCallError) {
            let program = try Files.target(ofLink: "/proc/self/exe")
            folder = String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
        } catch { throw CommandFailure("can't tell where martlet is installed: \(error)") }
        path = "\(folder)/martlet-prepare"
        guard (try? FileStatus.of(path, followLinks: true))?.kind == .regular else {
            throw CommandFailure("\(path) isn't there: martlet-prepare has to be installed beside martlet")
        }
    }

    /// Becomes the companion: its output and exit status are this program's.
    func become(_ arguments: [String]) throws(CommandFailure) -> Never {
        do throws(SystemCallError) {
            try Processes.execute(path, arguments: ["martlet-prepare"] + arguments, environment: Environment.all)
        } catch { throw CommandFailure("\(error)") }
    }

    /// Runs it to the end. What it prints on standard error is for the person.
    ///
    /// - Parameter input: handed over as descriptor 3, for an argument `/proc/self/fd/3`.
    /// - Returns: its standard output, at most 64 KiB.
    func output(of arguments: [String], input: Int32? = nil, failureStatus: Int32 = 125) throws(CommandFailure)
        -> String
    {
        let bytes: [UInt8]
        let exit: Processes.Exit
        do throws(SystemCallError) {
            let pipe = try Descriptors.pipe()
            switch try Processes.fork() {
            case .child: start(arguments, output: pipe.write.rawValue, input: input)
            case .parent(let child):
                let output = pipe.keepRead()
                bytes = try Files.readAll(output.rawValue, limit: 1 << 16)
                exit = try Processes.wait(for: child)
            }
        } catch { throw CommandFailure("martlet-prepare: \(error)") }
        // It has said why on standard error already.
        guard exit == .code(0) else {
            throw CommandFailure("", status: exit == Self.notThere ? CommandFailure.notFound : failureStatus)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func start(_ arguments: [String], output: Int32, input: Int32?) -> Never {
        do throws(SystemCallError) {
            try Descriptors.place(output, at: 1)
            if let input, input != 3 { try Descriptors.place(input, at: 3) }
            if input == 3 { try Descriptors.setCloseOnExec(3, false) }
            try Processes.execute(path, arguments: ["martlet-prepare"] + arguments, environment: Environment.all)
        } catch {
            Diagnostics.report("\(path): \(error)")
            Processes.exit(127)
        }
    }
}
