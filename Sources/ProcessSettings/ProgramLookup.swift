import FieldErrors
import OCISpec
import SystemCalls

/// Finds the program that `process.args[0]` means, inside of the container's root.
public enum ProgramLookup {
    /// Folders of PATH that are looked into.
    public static let folderLimit = 256

    /// The path to execute: a name with a slash is a path, one without is looked for in the folders of PATH.
    ///
    /// As runc has it: without PATH a bare name is found nowhere, and folders that aren't absolute are passed over, since
    /// they would mean what lies in the working directory. Called as the user that is going to execute it, in its working
    /// directory. The errors' texts have the words by which podman and Docker tell exit code 127 from 126.
    public static func find(_ arguments: [String], path: Substring?) throws(FieldError) -> String {
        guard let name = arguments.first, !name.isEmpty else {
            throw FieldError("process.args", "is empty, expected the program to execute")
        }
        for (index, argument) in arguments.enumerated() where argument.utf8.contains(0) {
            throw FieldError("process.args[\(index)]", "has a NUL")
        }
        if name.utf8.contains(UInt8(ascii: "/")) {
            if let error = refusal(name) { throw failure(name, error) }
            return name
        }
        // What would have been there but for a reason is worth more to know than that the last folder has nothing.
        var reason: SystemCallError?
        for folder in (path ?? "").split(separator: ":").prefix(folderLimit) where folder.hasPrefix("/") {
            let candidate = "\(folder)/\(name)"
            guard let error = refusal(candidate) else { return candidate }
            if error.errno != .noSuchFile, error.errno != .notDirectory { reason = error }
        }
        if let reason { throw failure(name, reason) }
        throw FieldError(
            "process.args[0]", "\"\(name.shortened)\": executable file not found in $PATH",
            cause: SystemCallError("access", name, .noSuchFile))
    }

    /// Why this can't be executed by this user; nil when it looks as if it could.
    private static func refusal(_ path: String) -> SystemCallError? {
        do throws(SystemCallError) {
            let status = try FileStatus.of(path, followLinks: true)
            if status.kind == .directory { return SystemCallError("execve", path, .isDirectory) }
            if status.kind != .regular { return SystemCallError("execve", path, .accessDenied) }
            try Files.checkExecutable(path)
            return nil
        } catch { return error }
    }

    /// What execve(2) itself said, put so that it tells what to look at.
    static func failure(_ path: String, _ error: SystemCallError) -> FieldError {
        let problem: String
        switch error.errno {
        case .isDirectory: problem = "is a directory"
        case .execFormat: problem = "exec format error: not a program for this machine, and no #! script"
        case .noSuchFile where (try? FileStatus.of(path, followLinks: true)) != nil:
            problem = "its interpreter is missing in the root: the dynamic loader, or what #! names"
        default: problem = ""
        }
        let name = "\"\(path.shortened)\""
        return FieldError("process.args[0]", problem.isEmpty ? name : "\(name): \(problem)", cause: error)
    }
}
