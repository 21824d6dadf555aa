import JSON
import OCISpec
import SystemCalls

/// The process that `exec` starts: the container's own, changed by what was asked for, or one from a file.
enum ExecProcess {
    /// The most bytes of the file of `--process`.
    private static let sizeLimit = 4 << 20

    static func read(_ request: ExecRequest, container: RuntimeProcess?) throws(RuntimeFailure) -> RuntimeProcess {
        var process: RuntimeProcess
        if let path = request.processFile {
            process = try file(path)
            if !request.arguments.isEmpty { process.arguments = request.arguments }
            if let terminal = request.hasTerminal { process.hasTerminal = terminal }
        } else {
            guard let own = container else {
                throw RuntimeFailure(.refused, "the container has no process of its own; give one with --process")
            }
            process = own
            process.arguments = request.arguments
            process.hasTerminal = request.hasTerminal ?? false
            process.consoleSize = nil
        }
        process.environment += request.environment
        if let directory = request.workingDirectory { process.workingDirectory = directory }
        if let user = request.user { process.user = try change(process.user, to: user) }
        process.user.additionalGroups += request.additionalGroups
        if let flag = request.noNewPrivileges { process.noNewPrivileges = flag }
        if let profile = request.appArmorProfile { process.apparmorProfile = profile }
        if let label = request.selinuxLabel { process.selinuxLabel = label }
        add(request.capabilities, to: &process)
        return process
    }

    private static func file(_ path: String) throws(RuntimeFailure) -> RuntimeProcess {
        // A pipe can be read once, and a native program may have this one begin anew: it does so first.
        if (try? FileStatus.of(path, followLinks: true))?.kind != .regular { try SealedProgram.ensure() }
        let bytes: [UInt8]
        do throws(SystemCallError) { bytes = try Files.contents(of: path, limit: sizeLimit) } catch {
            throw RuntimeFailure(.refused, "--process: \(error)")
        }
        do throws(JSONError) { return try RuntimeProcess(reading: bytes) } catch {
            throw RuntimeFailure(.refused, "--process \(path): \(error)")
        }
    }

    private static func change(_ user: RuntimeProcess.User, to text: String) throws(RuntimeFailure)
        -> RuntimeProcess.User
    {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let uid = parts.first.flatMap({ UInt32($0) }), let gid = parts.count > 1 ? UInt32(parts[1]) : user.gid
        else { throw RuntimeFailure(.refused, "--user \(text): write UID or UID:GID") }
        var user = user
        user.uid = uid
        user.gid = gid
        return user
    }

    private static func add(_ names: [String], to process: inout RuntimeProcess) {
        guard !names.isEmpty else { return }
        var capabilities = process.capabilities ?? RuntimeProcess.Capabilities()
        capabilities.bounding += names
        capabilities.permitted += names
        capabilities.effective += names
        // As runc has it: what a program inherits goes on to what it executes. Without inheritable ones nothing is ambient.
        if !capabilities.inheritable.isEmpty { capabilities.ambient += names }
        process.capabilities = capabilities
    }
}
