import SystemCalls

/// The system calls that a process gives up which reads what a stranger wrote, such as layers or a module to compile.
///
/// It uses libraries whose calls nobody listed, so everything is allowed but what only an attacker has a use for.
public enum WorkerFilter {
    /// Puts the filter in force for this process, which has one thread and no_new_privs.
    public static func enter() throws(SystemCallError) { try SecureComputing.install(program) }

    static var program: [SecureComputing.Instruction] { FilterProgram(table).instructions }

    static var table: VerdictTable {
        // Numbers beyond the table are another ABI's names for the same calls.
        var table = VerdictTable(otherwise: .refuse(.notImplemented))
        table.set(.allow, for: (0..<UInt32(VerdictTable.size)).map { SystemCallNumber(rawValue: $0) })
        table.set(.kill, for: GuestSystemCalls.fatal)
        // Named pipes are made by it; other nodes need a capability.
        table.set(.allow, for: [.mknodat])
        table.set(.refuse(.notPermitted), for: [.socket, .socketpair])
        return table
    }
}
