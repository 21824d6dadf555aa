import FieldErrors
import OCISpec
import SystemCalls

/// `linux.seccomp`, compiled: made by the parent, put in force by the child.
///
/// Order, as in runc: without no_new_privs a filter needs CAP_SYS_ADMIN, so it goes before the capabilities are given up;
/// with no_new_privs it is the last thing before execve(2), so that it has the fewest calls of ours to allow.
public struct CompiledSeccomp: Equatable, Sendable {
    /// Instructions as `struct sock_filter` has them.
    public let program: [UInt8]
    let flags: SecureComputing.Flags
    /// Whether the flags are our own choice, so that a kernel that doesn't know them gets none.
    private let hasDefaultFlags: Bool

    /// Whether some call is decided by whoever listens at `linux.seccomp.listenerPath`.
    public var hasListener: Bool { flags.contains(.newListener) }

    /// Compiles, or takes what was compiled before out of the cache.
    ///
    /// - Parameter refusesUnknown: names that stand for no system call are an error; else they are passed over, since a
    ///   profile may be younger than the library.
    ///
    /// Errors: what libseccomp or this kernel doesn't have; `SCMP_ACT_NOTIFY` by default, or without a socket for it.
    public init(
        _ seccomp: LinuxSeccomp, cache: SeccompCache? = nil, refusesUnknown: Bool = false
    ) throws(FieldError) {
        if refusesUnknown { try seccomp.refuseUnknownCalls() }
        (flags, hasDefaultFlags) = try Self.flags(seccomp)
        guard let cache else {
            var compiler = try FilterCompiler(seccomp)
            program = try compiler.compile()
            return
        }
        let text = SeccompText(seccomp).bytes
        if let known = cache.program(for: text) {
            program = known
            return
        }
        var compiler = try FilterCompiler(seccomp)
        program = try compiler.compile()
        cache.keep(program, for: text)
    }

    private static func flags(_ seccomp: LinuxSeccomp) throws(FieldError) -> (SecureComputing.Flags, Bool) {
        var flags: SecureComputing.Flags = []
        for (index, flag) in seccomp.flags.enumerated() {
            switch flag {
            // One thread: there is nothing to synchronize, and beside a listener the kernel doesn't take it.
            case .threadSynchronization: continue
            case .log: flags.insert(.log)
            case .speculationAllowed: flags.insert(.allowSpeculation)
            // Only means something beside a listener, without which the kernel refuses it.
            case .waitKillable: flags.insert(.waitKillableReceive)
            }
            guard SecureComputing.kernelKnows(flags.subtracting(.waitKillableReceive)) else {
                throw FieldError("linux.seccomp.flags[\(index)]", "this kernel doesn't know \(flag.rawValue)")
            }
        }
        // Who names a socket is told even if no rule asks anything, as crun does it.
        let notifies = seccomp.syscalls.contains { $0.action == .notify } || seccomp.listenerPath?.isEmpty == false
        if seccomp.defaultAction == .notify {
            throw FieldError(
                "linux.seccomp.defaultAction",
                "SCMP_ACT_NOTIFY would stop the process before anybody listens; name the calls in syscalls")
        }
        guard notifies else {
            return seccomp.flags.isEmpty
                ? ([.allowSpeculation], true) : (flags.subtracting(.waitKillableReceive), false)
        }
        guard seccomp.listenerPath?.isEmpty == false else {
            throw FieldError("linux.seccomp.listenerPath", "SCMP_ACT_NOTIFY needs the socket of who decides")
        }
        flags.insert(.newListener)
        if seccomp.flags.isEmpty { flags.insert(.allowSpeculation) }
        guard SecureComputing.kernelKnows(flags) else {
            throw FieldError("linux.seccomp.syscalls", "this kernel can't hand SCMP_ACT_NOTIFY over with these flags")
        }
        return (flags, seccomp.flags.isEmpty)
    }

    /// Puts the filter in force, for good.
    ///
    /// - Parameters:
    ///   - listener: where the listener goes; needed exactly when `hasListener`.
    ///   - goesOn: the process doesn't become a program (wasm): it closes by itself what execve(2) would.
    public func install(listener: consuming SeccompListener? = nil, goesOn: Bool = false) throws(FieldError) {
        guard hasListener else {
            do throws(SystemCallError) { _ = try SecureComputing.install(program, flags: flags) } catch {
                guard hasDefaultFlags, error.errno == .invalid else { throw Self.refused(error) }
                try asking("linux.seccomp") { () throws(SystemCallError) in
                    _ = try SecureComputing.install(program, flags: [])
                }
            }
            return
        }
        guard let listener else {
            throw FieldError("linux.seccomp.listenerPath", "SCMP_ACT_NOTIFY needs the socket of who decides")
        }
        let (socket, message) = listener.release()
        let handover = try asking("linux.seccomp.listenerPath", "starting the helper that hands it over") {
            () throws(SystemCallError) in try DescriptorHandover(to: socket, message: message)
        }
        let descriptor: Int32
        do throws(SystemCallError) {
            // Released at once: it is closed by execve(2), and close(2) may be what the filter forbids.
            descriptor = try SecureComputing.install(program, flags: flags)?.release() ?? -1
        } catch {
            _ = handover.finish(-1)
            throw Self.refused(error)
        }
        let failure = handover.finish(descriptor)
        if goesOn {
            // A listener of our own would keep calls waiting for an answer when whoever listens is gone.
            _ = OwnedDescriptor(adopting: descriptor)
            _ = OwnedDescriptor(adopting: socket)
        }
        if let errno = failure {
            throw FieldError(
                "linux.seccomp.listenerPath", "handing the listener over", cause: SystemCallError("sendmsg", nil, errno)
            )
        }
    }

    private static func refused(_ error: SystemCallError) -> FieldError {
        let needsRight = error.errno == .accessDenied
        return FieldError(
            "linux.seccomp", needsRight ? "needs process.noNewPrivileges, or CAP_SYS_ADMIN" : "", cause: error)
    }
}
