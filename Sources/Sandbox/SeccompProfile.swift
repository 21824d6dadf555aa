import SystemCalls

/// The system calls that a guest's process may make after its module is loaded.
///
/// At most 30 without network, at most 45 in all (THREATS.md). A call that isn't listed fails with `ENOSYS`, so that a C
/// library or an engine falls back as it would on an old kernel; a call that only an attacker makes kills the process.
///
/// The filter is assembled here and not by libseccomp: that took 405 µs for the first filter of a process (71 when warm) and
/// a shared library to load. The tests hold the two against each other.
public struct SeccompProfile: Hashable, Sendable {
    /// Sockets.
    public var network: Bool
    /// Threads of the guest (wasi-threads).
    public var threads: Bool
    /// UDP sockets, where there is network: Landlock can't restrict their ports, so without a grant there are none.
    public var datagrams: Bool

    public init(network: Bool = false, threads: Bool = false, datagrams: Bool = true) {
        self.network = network
        self.threads = threads
        self.datagrams = datagrams
    }

    /// The calls that can be made, with or without conditions on their arguments.
    public var allowed: [SystemCallNumber] { table.calls(where: \.allowsSomething) }

    /// The calls that kill the process, whatever their arguments.
    public var fatal: [SystemCallNumber] { table.calls { $0 == .always(.kill) } }

    var program: [SecureComputing.Instruction] { FilterProgram(table).instructions }

    /// Calls that can be done without, where the bound leaves room for them, which threads without network use up: read(2) is
    /// faster than what stands in for it, and write(2) carries the last words of a library that ends the process.
    private var luxuries: [SystemCallNumber] { network || !threads ? [.read, .write] : [] }

    var table: VerdictTable {
        var table = VerdictTable(otherwise: .refuse(.notImplemented))
        table.set(.kill, for: GuestSystemCalls.fatal)
        table.set(.refuse(Errno(rawValue: 0)), for: GuestSystemCalls.ignored)
        table.set(.allow, for: GuestSystemCalls.always)
        table.set(GuestSystemCalls.withoutExecution, for: [.mmap, .mprotect])
        table.set(GuestSystemCalls.givingBack, for: [.madvise])
        table.set(GuestSystemCalls.statusFlags, for: [.fcntl])
        table.set(GuestSystemCalls.setHandler, for: [.rtSigaction])
        table.set(.refuse(.notTerminal), for: [.ioctl])
        table.set(.allow, for: luxuries)
        if network {
            table.set(.allow, for: GuestSystemCalls.network)
            table.set(GuestSystemCalls.withoutConnecting, for: [.sendmsg])
            table.set(GuestSystemCalls.internetSocket(datagrams: datagrams), for: [.socket])
            table.set(GuestSystemCalls.readableBytes, for: [.ioctl])
        }
        if threads { table.set(.allow, for: [.exit]) }
        table.set(GuestSystemCalls.startThread(threads ? .allow : .refuse(.again)), for: [.clone])
        return table
    }

    /// Puts the filter in force for this process, which has one thread.
    func enter() throws(SystemCallError) {
        // Without brk(2) the heap grows by mmap(2); it mustn't try to give the old part back.
        Heap.keepAllOfIt()
        try SecureComputing.install(program)
    }
}
