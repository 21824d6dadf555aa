import SystemCalls

/// The system calls that a guest's process may make after its module is loaded.
///
/// At most 30 without network, at most 45 in all (THREATS.md). A call that isn't listed fails with `ENOSYS`, so that a C
/// library or an engine falls back as it would on an old kernel; a call that only an attacker makes kills the process.
///
/// The filter is assembled here and not by libseccomp: that took 405 µs for the first filter of a process (71 when warm) and
/// a shared library to load, this takes a few; the tests compare the two.
public struct SeccompProfile: Hashable, Sendable {
    /// Sockets.
    public var network: Bool
    /// Threads of the guest (wasi-threads).
    public var threads: Bool

    public init(network: Bool = false, threads: Bool = false) {
        self.network = network
        self.threads = threads
    }

    /// The calls that can be made, with or without conditions on their arguments.
    public var allowed: [SystemCallNumber] {
        verdicts.compactMap { call, verdict in
            switch verdict {
            case .allow, .allowWhen: call
            case .refuse, .kill: nil
            }
        }.sorted()
    }

    /// The calls that kill the process.
    public var fatal: [SystemCallNumber] { verdicts.filter { $0.value == .kill }.keys.sorted() }

    var program: [SecureComputing.Instruction] {
        FilterProgram(verdicts, otherwise: .refuse(.notImplemented)).instructions
    }

    var verdicts: [SystemCallNumber: Verdict] {
        var verdicts: [SystemCallNumber: Verdict] = [:]
        for call in GuestSystemCalls.fatal { verdicts[call] = .kill }
        for call in GuestSystemCalls.ignored { verdicts[call] = .refuse(Errno(rawValue: 0)) }
        for call in GuestSystemCalls.always { verdicts[call] = .allow }
        for (call, conditions) in GuestSystemCalls.conditional {
            verdicts[call] = .allowWhen(conditions, otherwise: .refuse(.notPermitted))
        }
        verdicts[.ioctl] = .refuse(.notTerminal)
        if network {
            for call in GuestSystemCalls.network { verdicts[call] = .allow }
            verdicts[.socket] = GuestSystemCalls.socket
            verdicts[.ioctl] = GuestSystemCalls.deviceControl
        }
        if threads {
            verdicts[.exit] = .allow
            verdicts[.clone] = GuestSystemCalls.startThread
        }
        return verdicts
    }
}
