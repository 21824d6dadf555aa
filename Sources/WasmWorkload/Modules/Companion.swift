import SystemCalls

/// `martlet-prepare`: the program for everything that happens before a run. It links what the launch path can't afford
/// to load (libarchive, an HTTP client), so it is executed when it is needed.
public struct Companion {
    private let path: String

    /// How it ends when what it was asked for isn't there.
    private static let notThere = Processes.Exit.code(2)

    /// Where this program is installed, when it runs from a copy. Not in the environment: what is executed from here may be
    /// another martlet.
    public static let program = Mutex<String?>(nil)

    /// Finds it in this program's folder.
    public init() throws(WorkloadError) {
        let folder: String
        do throws(SystemCallError) {
            let own = Self.program.withLock { $0 }
            let program = if let own { own } else { try Files.target(ofLink: "/proc/self/exe") }
            folder = String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
        } catch { throw WorkloadError("can't tell where martlet is installed: \(error)") }
        path = "\(folder)/martlet-prepare"
        guard (try? FileStatus.of(path, followLinks: true))?.kind == .regular else {
            throw WorkloadError("\(path) isn't there: martlet-prepare has to be installed beside martlet")
        }
    }

    /// Becomes the companion: its output and exit status are this program's.
    public func become(_ arguments: [String]) throws(WorkloadError) -> Never {
        do throws(SystemCallError) {
            try Processes.execute(path, arguments: ["martlet-prepare"] + arguments, environment: Environment.all)
        } catch { throw WorkloadError("\(error)") }
    }

    /// Runs it to the end.
    ///
    /// - Parameters:
    ///   - input: handed over as descriptor 3, for an argument `/proc/self/fd/3`.
    ///   - failure: what it means when it fails.
    ///   - keepsErrors: what it says on standard error becomes the error; otherwise it is for the person who reads ours, and the
    ///     error says nothing more.
    /// - Returns: its standard output, at most 64 KiB.
    public func output(
        of arguments: [String], input: Int32? = nil, failure: WorkloadError.Kind = .setup, keepsErrors: Bool = false
    ) throws(WorkloadError) -> String {
        let bytes: [UInt8]
        var errors: [UInt8] = []
        let exit: Processes.Exit
        do throws(SystemCallError) {
            let output = try Descriptors.pipe()
            let error = try Descriptors.pipe()
            let parent = Processes.current
            switch try Processes.fork() {
            case .child:
                start(
                    arguments, output: output.write.rawValue, error: keepsErrors ? error.write.rawValue : nil,
                    input: input, parent: parent)
            case .parent(let child):
                let output = output.keepRead()
                let error = error.keepRead()
                bytes = try Files.readAll(output.rawValue, limit: Self.outputLimit)
                if keepsErrors { errors = try Files.readAll(error.rawValue, limit: Self.outputLimit) }
                exit = try Processes.wait(for: child)
            }
        } catch { throw WorkloadError("martlet-prepare: \(error)") }
        guard exit == .code(0) else {
            throw WorkloadError(exit == Self.notThere ? .notFound : failure, Self.oneLine(errors))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What it said, without its own prefix: who reads the error puts one before it.
    static func oneLine(_ errors: [UInt8]) -> String {
        let prefix = "martlet: "
        return String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
            String((line.hasPrefix(prefix) ? line.dropFirst(prefix.count) : line).drop { $0 == " " })
        }.joined(separator: " ")
    }

    private static let outputLimit = 1 << 16

    private func start(_ arguments: [String], output: Int32, error: Int32?, input: Int32?, parent: Int32) -> Never {
        do throws(SystemCallError) {
            // Whoever kills the one wants no result, and knows of nobody else.
            try Confinement.dieWithParent()
            guard Processes.parent == parent else { Processes.exit(127) }
            try Descriptors.place(output, at: 1)
            if let error { try Descriptors.place(error, at: 2) }
            if let input, input != 3 { try Descriptors.place(input, at: 3) }
            if input == 3 { try Descriptors.setCloseOnExec(3, false) }
            try Processes.execute(path, arguments: ["martlet-prepare"] + arguments, environment: Environment.all)
        } catch {
            try? Files.writeAll(2, Array("martlet: \(path): \(error)\n".utf8))
            Processes.exit(127)
        }
    }
}
