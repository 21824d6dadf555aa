import SystemCalls
import WasmWorkload

/// Keeps martlet's own file out of reach of the native programs that it starts.
///
/// A program of a container can have martlet executed once more inside of the container (`#!/proc/self/exe`), and then finds
/// its file by that link (CVE-2019-5736). So whoever executes native programs runs from a clone of the file's mount that is
/// read-only and mounted nowhere, or from a sealed copy in memory where no mount can be made.
public enum SealedProgram {
    private static let own = "/proc/self/exe"
    private static let libraryPath = "LD_LIBRARY_PATH"
    /// In the environment of the clone: what the loader was told before.
    private static let savedLibraryPath = "MARTLET_LIBRARY_PATH"
    /// In the environment of the clone: where it comes from.
    private static let programVariable = "MARTLET_PROGRAM"

    /// Returns when this program runs from a file that can't be written, and begins anew from such a one when it doesn't.
    ///
    /// To be called before anything is made. Descriptors that aren't closed by execve(2) and the standard streams stay.
    public static func ensure() throws(RuntimeFailure) {
        let program = Environment.value(programVariable)
        if SealedFiles.isSealed(own) {
            if let program { restoreEnvironment(program) }
            return
        }
        guard program == nil else {
            throw RuntimeFailure(.system, "martlet can't protect its own file from the container's programs")
        }
        do throws(SystemCallError) {
            let program = try Files.target(ofLink: own)
            let sealed = try sealedFile()
            try Processes.execute(
                "/proc/self/fd/\(sealed.rawValue)", arguments: try ownArguments(), environment: environment(program))
        } catch {
            throw RuntimeFailure(.system, "martlet can't protect its own file from the container's programs: \(error)")
        }
    }

    private static func sealedFile() throws(SystemCallError) -> OwnedDescriptor {
        do throws(SystemCallError) { return try SealedFiles.clone(own) } catch {
            guard [.notPermitted, .notImplemented, .invalid, .accessDenied].contains(error.errno) else { throw error }
            return try SealedFiles.copy(own)
        }
    }

    /// The most bytes of a command line.
    private static let argumentLimit = 4 << 20

    private static func ownArguments() throws(SystemCallError) -> [String] {
        try Files.contents(of: "/proc/self/cmdline", limit: argumentLimit)
            .split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The clone has no folder: it is told where its companion is, and the loader where the engine's library is.
    private static func environment(_ program: String) -> [String] {
        let folder = program[..<(program.lastIndex(of: "/") ?? program.startIndex)]
        let library = "\(folder)/../lib/martlet"
        let previous = Environment.value(libraryPath)
        var variables = Environment.all.filter { !$0.hasPrefix("\(libraryPath)=") }
        variables.append("\(libraryPath)=\(library)\(previous.map { ":\($0)" } ?? "")")
        if let previous { variables.append("\(savedLibraryPath)=\(previous)") }
        variables.append("\(programVariable)=\(program)")
        return variables
    }

    /// Everything that is executed from here, a hook's martlet for one, finds the environment that we were given.
    private static func restoreEnvironment(_ program: String) {
        Companion.program.withLock { $0 = program }
        try? Environment.set(programVariable, to: nil)
        try? Environment.set(libraryPath, to: Environment.value(savedLibraryPath))
        try? Environment.set(savedLibraryPath, to: nil)
    }
}
