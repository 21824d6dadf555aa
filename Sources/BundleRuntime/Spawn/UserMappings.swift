import OCISpec
import SystemCalls

/// Gives a new user namespace its ids. Runtime specification, config-linux.md, "User namespace mappings".
struct UserMappings: Sendable {
    var users: [IDMapping]
    var groups: [IDMapping]

    /// The kernel takes a table in one write, of less than a page.
    private static let tableLimit = 4095

    /// Writes the tables of a process that is in the new namespace; the helpers of the machine do it for whom the kernel
    /// doesn't let.
    func write(for process: Int32) throws(RuntimeFailure) {
        let (user, group) = (Processes.effectiveUser, Processes.effectiveGroup)
        let areGroupsOwn = Self.isAlone(group, in: groups)
        if user != 0, areGroupsOwn {
            // The kernel's condition for a group that an unprivileged user maps.
            try write("deny", "setgroups", process, field: "linux.gidMappings")
        }
        let helpers = (
            user: user == 0 || Self.isAlone(user, in: users) ? nil : "newuidmap",
            group: user == 0 || areGroupsOwn ? nil : "newgidmap"
        )
        try write(users, "uid_map", process, helper: helpers.user, field: "linux.uidMappings")
        try write(groups, "gid_map", process, helper: helpers.group, field: "linux.gidMappings")
    }

    /// Whether nobody but the caller is mapped, which takes no privilege.
    private static func isAlone(_ own: UInt32, in mappings: [IDMapping]) -> Bool {
        mappings.count == 1 && mappings[0].size == 1 && mappings[0].hostID == own
    }

    private func write(
        _ mappings: [IDMapping], _ file: String, _ process: Int32, helper: String?, field: String
    ) throws(RuntimeFailure) {
        guard !mappings.isEmpty else { return }
        if let helper, let program = Self.find(helper) {
            return try run(program, mappings, process, field: field)
        }
        let table = mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
        guard table.utf8.count <= Self.tableLimit else {
            throw RuntimeFailure(.refused, "\(field): the kernel takes \(Self.tableLimit) bytes of ranges at most")
        }
        try write(table, file, process, field: field)
    }

    private func write(
        _ text: String, _ file: String, _ process: Int32, field: String
    ) throws(RuntimeFailure) {
        do throws(SystemCallError) {
            let opened = try Files.open("/proc/\(process)/\(file)", flags: .writeOnly)
            try Files.writeAll(opened.rawValue, Array(text.utf8))
        } catch { throw RuntimeFailure(.refused, "\(field): writing \(file): \(error)") }
    }

    private static func find(_ helper: String) -> String? {
        ChildProgram.find(helper, searchPath: Environment.value("PATH") ?? "/usr/bin:/bin")
    }

    /// Helpers that are installed with the rights which `/etc/subuid` and `/etc/subgid` grant.
    private func run(
        _ program: String, _ mappings: [IDMapping], _ process: Int32, field: String
    ) throws(RuntimeFailure) {
        let arguments =
            [program, "\(process)"]
            + mappings.flatMap { ["\($0.containerID)", "\($0.hostID)", "\($0.size)"] }
        let exit: Processes.Exit
        do throws(SystemCallError) {
            switch try Processes.fork() {
            case .child:
                // What it has to say against it, it says on standard error.
                _ = try? Processes.execute(program, arguments: arguments, environment: Environment.all)
                Processes.exit(127)
            case .parent(let child): exit = try Processes.wait(for: child)
            }
        } catch { throw RuntimeFailure(.system, "\(field): \(program): \(error)") }
        guard exit == .code(0) else {
            throw RuntimeFailure(.refused, "\(field): \(program) refused the ranges; see /etc/subuid and /etc/subgid")
        }
    }
}
