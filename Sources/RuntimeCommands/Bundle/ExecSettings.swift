import BundleRuntime
import SystemCalls

/// The words of `exec`.
struct ExecSettings: Sendable {
    /// The container's id and the command are its operands.
    var request = ExecRequest(id: "")

    static let table = OptionTable<ExecSettings>(
        verb: "exec", operands: "ID [COMMAND ARGS…]", summary: "Run another program in a container.",
        placement: .endOptions, options: process + handling)

    private static let process: [Option<ExecSettings>] = [
        .value("-p", "--process", argument: "FILE", help: "Take the process from this file, as config.json has it") {
            $0.request.processFile = $1
        },
        .value("--cwd", argument: "PATH", help: "The working directory") { $0.request.workingDirectory = $1 },
        .value("-e", "--env", argument: "KEY=VALUE", help: "Set a variable") {
            (settings, text) throws(UsageError) in
            guard text.isAssignment else {
                throw UsageError("--env \(text): write KEY=VALUE", verb: "exec")
            }
            settings.request.environment.append(text)
        },
        .boolean("-t", "--tty", help: "Give it a terminal") { $0.request.hasTerminal = $1 },
        .value("-u", "--user", argument: "UID[:GID]", help: "Run as this user") {
            (settings, text) throws(UsageError) in
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            for part in parts { _ = try identity(part, "--user \(text)") }
            settings.request.user = text
        },
        .value("-g", "--additional-gids", argument: "GID", help: "Add a group") {
            (settings, text) throws(UsageError) in
            for number in text.split(separator: ",", omittingEmptySubsequences: false) {
                settings.request.additionalGroups.append(try identity(number, "--additional-gids \(text)"))
            }
        },
        .value("-c", "--cap", argument: "CAP", help: "Add a capability") { (settings, text) in
            let name = text.uppercased()
            settings.request.capabilities.append(name.hasPrefix("CAP_") ? name : "CAP_\(name)")
        },
        .boolean("--no-new-privs", help: "Nothing it executes gets more rights") { $0.request.noNewPrivileges = $1 },
        .value("--process-label", argument: "LABEL", help: "The SELinux label") { $0.request.selinuxLabel = $1 },
        .value("--apparmor", argument: "PROFILE", help: "The AppArmor profile") { $0.request.appArmorProfile = $1 },
    ]

    private static let handling: [Option<ExecSettings>] = [
        .value("--console-socket", argument: "SOCKET", help: "Send the terminal's end to this socket") {
            $0.request.consoleSocket = $1
        },
        .value("--pidfd-socket", argument: "SOCKET", help: "Send a pidfd of the process to this socket") {
            $0.request.pidfdSocket = $1
        },
        .boolean("-d", "--detach", help: "Don't wait for its end") { $0.request.detaches = $1 },
        .value("--pid-file", argument: "FILE", help: "Write the process id to this file") {
            $0.request.pidFile = $1
        },
        .value("--preserve-fds", argument: "N", help: "Give it descriptors 3 to 3+N-1 as well") {
            (settings, text) throws(UsageError) in
            settings.request.preservedDescriptors = try LaunchSettings.preserved(text, verb: "exec")
        },
        .value("--cgroup", argument: "[CONTROLLERS:]PATH", help: "Run it in this cgroup of the container") {
            (settings, text) throws(UsageError) in try settings.addCgroup(text)
        },
        .boolean("--ignore-paused", help: "Also when the container is paused") { $0.request.ignoresPause = $1 },
    ]

    /// One path for all trees, or one for each controller of version 1.
    private mutating func addCgroup(_ text: String) throws(UsageError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let controllers = parts.count > 1 ? parts[0].split(separator: ",", omittingEmptySubsequences: false) : [""]
        guard let path = parts.last, !path.isEmpty else {
            throw UsageError("--cgroup \(text): name a cgroup", verb: "exec")
        }
        for controller in controllers {
            guard request.cgroups[""] == nil, controller.isEmpty ? request.cgroups.isEmpty : true,
                parts.count == 1 || !controller.isEmpty,
                request.cgroups.updateValue(String(path), forKey: String(controller)) == nil
            else { throw UsageError("--cgroup \(text): name one cgroup for each controller", verb: "exec") }
        }
    }

    /// 2^32 - 1 means "no change" to the kernel and is no identity.
    private static func identity(_ text: Substring, _ option: String) throws(UsageError) -> UInt32 {
        guard let number = UInt32(text), number != .max else {
            throw UsageError("\(option): write numbers from 0 to 4294967294", verb: "exec")
        }
        return number
    }
}
